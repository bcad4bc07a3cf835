import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { StartError } from './errors.ts'

/** One file of the app, ready to send. */
export interface AppFile {
  readonly type: string
  readonly cacheControl: string
  /** Unquoted hash of the content; each encoding adds its own suffix. */
  readonly hash: string
  readonly identity: Buffer
  readonly br: Buffer | undefined
  readonly gzip: Buffer | undefined
}

/** URL path, percent-encoded as browsers send it, to file. Requests look up here and never touch the disk. */
export type AppFiles = ReadonlyMap<string, AppFile>

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  mjs: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json',
  map: 'application/json',
  webmanifest: 'application/manifest+json',
  txt: 'text/plain; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  jpg: 'image/jpeg',
  webp: 'image/webp',
  ico: 'image/x-icon',
  wasm: 'application/wasm',
  woff2: 'font/woff2',
  mp3: 'audio/mpeg',
  ogg: 'audio/ogg',
  wav: 'audio/wav',
}

/** Kinds that shrink. Source maps would, but only developers' tools fetch them. */
const compressible = new Set(['html', 'js', 'mjs', 'css', 'json', 'webmanifest', 'txt', 'svg', 'wasm'])

const compressBrotli = promisify(brotliCompress)
const compressGzip = promisify(gzip)

/** Reads and compresses a built app. Throws `StartError` when the folder has no `index.html`. */
export async function loadApp(folder: string): Promise<AppFiles> {
  const files = new Map<string, AppFile>()
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    for (const entry of entries.filter((each) => each.isFile())) {
      const path = join(entry.parentPath, entry.name)
      const parts = relative(folder, path).split(sep).map(encodeURIComponent)
      files.set(`/${parts.join('/')}`, await prepare(parts, await readFile(path)))
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') throw missing(folder)
    throw new StartError(`cannot read the app in ${folder}: ${(cause as Error).message}`, { cause })
  }
  const index = files.get('/index.html')
  if (index === undefined) throw missing(folder)
  return files.set('/', index)
}

function missing(folder: string): StartError {
  return new StartError(`no built app in ${folder}: run "npm run build", or name its folder with --app`)
}

async function prepare(parts: readonly string[], content: Buffer): Promise<AppFile> {
  const extension = /\.([a-z0-9]+)$/i.exec(parts.at(-1) ?? '')?.[1]?.toLowerCase() ?? ''
  const shrinks = compressible.has(extension) && content.byteLength > 512
  return {
    type: types[extension] ?? 'application/octet-stream',
    // The bundler puts a content hash into the names below assets; all others must be asked for anew.
    cacheControl: parts[0] === 'assets' ? 'public, max-age=31536000, immutable' : 'no-cache',
    hash: createHash('sha256').update(content).digest('base64url').slice(0, 22),
    identity: content,
    br: shrinks ? await compressBrotli(content, { params: brotliParameters(content) }) : undefined,
    gzip: shrinks ? await compressGzip(content, { level: 9 }) : undefined,
  }
}

/** Quality 9 is within a few percent of 11 and ten times as fast: the relay starts in about a second. */
function brotliParameters(content: Buffer): Record<number, number> {
  return {
    [constants.BROTLI_PARAM_QUALITY]: 9,
    [constants.BROTLI_PARAM_SIZE_HINT]: content.byteLength,
  }
}
