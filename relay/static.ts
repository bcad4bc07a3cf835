import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AppFile } from './app-files.ts'

type Encoding = 'br' | 'gzip' | 'identity'

/** Sends a file in the best encoding the request takes, or 304 when it has it already. */
export function sendFile(request: IncomingMessage, response: ServerResponse, file: AppFile): void {
  const encoding = chooseEncoding(file, headerText(request.headers['accept-encoding']))
  const body = file[encoding] ?? file.identity
  const tag = `"${file.hash}${encoding === 'identity' ? '' : `-${encoding}`}"`
  const headers: Record<string, string> = {
    ETag: tag,
    'Cache-Control': file.cacheControl,
    Vary: 'Accept-Encoding',
  }
  if (matches(request.headers['if-none-match'], tag)) {
    response.writeHead(304, headers).end()
    return
  }
  headers['Content-Type'] = file.type
  headers['Content-Length'] = String(body.byteLength)
  if (encoding !== 'identity') headers['Content-Encoding'] = encoding
  response.writeHead(200, headers)
  response.end(request.method === 'HEAD' ? undefined : body)
}

/** RFC 9110 section 12.5.3, as far as two encodings need it: `q=0` refuses, other weights do not rank. */
function chooseEncoding(file: AppFile, accepted: string): Encoding {
  const taken = new Set<string>()
  for (const item of accepted.toLowerCase().split(',')) {
    const [name = '', ...parameters] = item.split(';').map((part) => part.trim())
    if (!parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))) taken.add(name)
  }
  if (file.br !== undefined && taken.has('br')) return 'br'
  if (file.gzip !== undefined && taken.has('gzip')) return 'gzip'
  return 'identity'
}

/** RFC 9110 section 13.1.2: weak comparison with each listed tag. */
function matches(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false
  return header.split(',').some((each) => {
    const candidate = each.trim().replace(/^W\//, '')
    return candidate === '*' || candidate === tag
  })
}

function headerText(value: string | string[] | undefined): string {
  return Array.isArray(value) ? value.join(',') : (value ?? '')
}
