/**
 * The version in package.json; a test compares the two. Not imported, since the bundler would put the whole
 * file into the Worker, with its scripts and dependencies.
 */
export const VERSION = '0.1.0'
