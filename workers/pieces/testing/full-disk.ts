/** A disk that takes so many writes, told by the worker's name behind a colon, and half of each one after that. */
const [folder = '', most = '0'] = self.name.split(':')
Object.defineProperty(self, 'name', { value: folder })

const { write } = FileSystemSyncAccessHandle.prototype
let writes = 0
FileSystemSyncAccessHandle.prototype.write = function (bytes, options) {
  const view = bytes as Uint8Array<ArrayBuffer>
  const isFull = ++writes > Number(most)
  return write.call(this, isFull ? view.subarray(0, view.byteLength / 2) : view, options)
}

export {}
