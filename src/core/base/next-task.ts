/**
 * Resolves in a task of its own, so that clicks and paint get their turn between two heavy steps (W3C Long Tasks: 50 ms is
 * felt). Not a timer: hidden tabs hold those back.
 */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    const done = (): void => {
      port1.close()
      resolve()
    }
    port1.addEventListener('message', done, { once: true })
    port1.start()
    port2.postMessage(undefined)
  })
}
