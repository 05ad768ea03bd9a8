// Plain JavaScript, which old versions of Node can read: at the entry they would fail with
// ERR_UNKNOWN_FILE_EXTENSION.
const REQUIRED = 24

if (Number.parseInt(process.versions.node, 10) >= REQUIRED) await import('../node.ts')
else {
  console.error(
    `This server needs Node ${REQUIRED} or newer, which runs TypeScript as it is; ` +
      `this is Node ${process.versions.node}. ` +
      'The package "node" among the development packages brings the right one: npm ci without --omit=dev, ' +
      'or install it.',
  )
  process.exitCode = 1
}
