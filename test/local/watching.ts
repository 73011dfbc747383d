import { createRequire } from 'node:module'

// A process that loads this module prints a line when serverless-esbuild watches all files, which is after the start on a
// busy machine. A change before that is lost.

const { resolve } = createRequire(import.meta.url)
const chokidar = createRequire(resolve('serverless-esbuild'))('chokidar')
const { watch } = chokidar

chokidar.watch = (...args: unknown[]) =>
  Object(Reflect.apply(watch, chokidar, args)).on('ready', () => console.log('All files are watched.'))
