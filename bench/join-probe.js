// Runs in the joining page before any script of its own: counts peer connections (one for each dial) and tells when the people list says that
// another is linked directly. One's own row has no path. Plain JavaScript, since it is handed to the page as it is.
const joinProbe = { dials: 0, direct: undefined }
window.joinProbe = joinProbe
window.RTCPeerConnection = class extends window.RTCPeerConnection {
  constructor(configuration) {
    super(configuration)
    joinProbe.dials += 1
  }
}
joinProbe.direct = new Promise((resolve) => {
  const observer = new MutationObserver(() => {
    if (document.querySelector('[data-testid=person][data-path=direct]') === null) return
    observer.disconnect()
    resolve(performance.now())
  })
  observer.observe(document, { subtree: true, childList: true, attributes: true })
})
