/**
 * Lets the event loop take a turn. A message port rather than a timer: hidden tabs hold timers back for a second and
 * more, nested ones for 4 ms everywhere.
 */
export function breathe(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.addEventListener('message', () => {
      port1.close() // an open port keeps a Node process alive
      resolve()
    })
    port1.start()
    port2.postMessage(0)
  })
}
