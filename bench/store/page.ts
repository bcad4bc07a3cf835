/** The page of the store bench: `window.storeBench` has one verb for each question. */
import { appendLogs } from './logs.ts'
import { compareShapes } from './shapes.ts'

const storeBench = { appendLogs, compareShapes }
export type StoreBench = typeof storeBench

Object.assign(window, { storeBench })
