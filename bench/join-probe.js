// Runs in the joining page before any script of its own: counts peer connections (one for each dial) and notes when the
// people list first says "direct". Plain JavaScript, since it is handed to the page as it is.
const joinProbe = { directMs: undefined, dials: 0 }
window.joinProbe = joinProbe
window.RTCPeerConnection = class extends window.RTCPeerConnection {
  constructor(configuration) {
    super(configuration)
    joinProbe.dials += 1
  }
}
new MutationObserver(() => {
  if (joinProbe.directMs !== undefined) return
  if (document.querySelector('[data-testid=person][data-path=direct]') !== null)
    joinProbe.directMs = performance.now()
}).observe(document, { subtree: true, childList: true, attributes: true })
