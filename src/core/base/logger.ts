/** What a line means: `error` given up, `warn` retried, `info` once per life-cycle step, `debug` the rest. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug'

/**
 * Where a part writes its log lines. Keys, plaintext, link secrets and names never enter a line;
 * `facts` are ids, counts and error names.
 */
export type Logger = (
  level: LogLevel,
  event: string,
  facts?: Record<string, string | number | boolean>,
) => void

/** A logger that keeps nothing. */
export const silent: Logger = () => {}
