import { Emitter } from '../../core/base/events.ts'
import type { FileServer, ServedFile } from '../file-server.ts'

/** A file server without a worker: the test asks for what the browser would. */
export class FakeServer implements FileServer {
  readonly events = new Emitter<{ 'server:changed': object }>()
  isReady = false
  isExpected = false
  readonly served: ServedFile[] = []

  serve(file: ServedFile): { readonly url: string; stop(): void } {
    this.served.push(file)
    const url = `about:blank#${String(this.served.length)}`
    return { url, stop: () => void this.served.splice(this.served.indexOf(file), 1) }
  }
}
