import { readdir, readFile } from 'node:fs/promises'

/** Ticks in a second of the times in /proc (proc(5), stat): 100 on every Linux there is. */
const ticksPerSecond = 100

interface ProcessRow {
  readonly pid: number
  readonly parent: number
  readonly cpuTicks: number
}

/** Seconds of processor time that a process and all its descendants have taken so far. Linux only. */
export async function cpuSeconds(root: number): Promise<number> {
  const rows = await processes()
  const inTree = new Set([root])
  // A child may stand before its parent: again until nobody is added.
  for (let before = 0; before < inTree.size;) {
    before = inTree.size
    for (const { pid, parent } of rows) if (inTree.has(parent)) inTree.add(pid)
  }
  const ticks = rows.filter(({ pid }) => inTree.has(pid)).reduce((sum, row) => sum + row.cpuTicks, 0)
  return ticks / ticksPerSecond
}

async function processes(): Promise<readonly ProcessRow[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const rows = await Promise.all(names.map((name) => readRow(Number(name))))
  return rows.filter((row) => row !== undefined)
}

/** Undefined for a process that ended meanwhile. */
async function readRow(pid: number): Promise<ProcessRow | undefined> {
  const text = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => undefined)
  // Fields are counted from behind the name, which may have spaces and brackets of its own.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ')
  if (fields === undefined) return undefined
  return { pid, parent: Number(fields[1]), cpuTicks: Number(fields[11]) + Number(fields[12]) }
}
