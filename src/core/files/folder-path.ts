import { utf8 } from '../base/bytes.ts'
import { maxFileNameBytes, safeFileName } from './file-name.ts'

/** Deepest a file of a folder may lie; deeper ones come up to this. */
export const maxFolderDepth = 16

/** Longest path of one file in UTF-16 units, so that it fits where the longest path is 260 (Windows) beside a usual place. */
const maxPathLength = 200

/** The parts of a path in a folder, each safe to save under (FI-44): never absolute, never up, at most 16. The last is the file's name. */
export function safePathParts(path: string): readonly string[] {
  const parts = path
    .slice(0, 4_096)
    .split(/[/\\]/u)
    .filter((part) => !/^[.\s]*$/u.test(part))
    .map(safeFileName)
  const name = parts.pop() ?? 'file'
  const folders: string[] = []
  let length = name.length
  for (const part of parts.slice(0, maxFolderDepth - 1)) {
    length += part.length + 1
    if (length > maxPathLength) break
    folders.push(part)
  }
  return [...folders, name]
}

/**
 * Safe places for the files of one folder, in order and all different, also where case or accents do not tell names apart. A second
 * file of one place is numbered; so is one whose place is a folder of another.
 */
export function safeFolderPaths(paths: readonly string[]): readonly (readonly string[])[] {
  const safe = paths.map(safePathParts)
  const folders = new Set<string>()
  for (const parts of safe) {
    for (let depth = 1; depth < parts.length; depth++) folders.add(keyOf(parts.slice(0, depth)))
  }
  const taken = new Set(folders)
  return safe.map((parts) => {
    let unique = parts
    for (let number = 2; taken.has(keyOf(unique)); number++) unique = numbered(parts, number)
    taken.add(keyOf(unique))
    return unique
  })
}

function keyOf(parts: readonly string[]): string {
  return parts.join('/').normalize('NFKD').toLowerCase().normalize('NFKD')
}

/** `name (2).txt` beside `name.txt`. */
function numbered(parts: readonly string[], number: number): readonly string[] {
  const name = parts.at(-1) ?? 'file'
  const dot = name.lastIndexOf('.')
  const [stem, ending] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, '']
  const mark = ` (${String(number)})`
  const room = maxFileNameBytes - mark.length
  // A name that is cut must not lose its number.
  const fitting = utf8(stem + ending).byteLength > room ? stem.slice(0, Math.floor(room / 4)) : stem
  return [...parts.slice(0, -1), safeFileName(`${fitting}${mark}${ending}`)]
}
