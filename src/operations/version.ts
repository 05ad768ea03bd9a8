/**
 * The version in package.json; a test compares the two. Not imported from there: the bundler would put the
 * whole file, scripts and dependencies included, into the Worker.
 */
export const VERSION = '0.1.0'
