/**
 * Working memory that grows to the longest request and is then reused: fresh pages cost more than the work done in them
 * (dataplane report, section 6). What was written before is still there; each caller overwrites what it reads.
 */
export function createScratch(): (length: number) => Uint8Array<ArrayBuffer> {
  let buffer = new Uint8Array()
  return (length) => {
    if (buffer.byteLength < length) buffer = new Uint8Array(length)
    return buffer
  }
}
