import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { writeFile } from 'node:fs/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { Opened } from './testing/fixture.ts'

const opened = new Opened()
afterEach(() => opened.close())

const root = join(import.meta.dirname, '..')

function launch(...args: string[]): ChildProcess {
  return spawn(process.execPath, ['--import', 'tsx', 'relay/main.ts', ...args], { cwd: root, stdio: 'pipe' })
}

async function run(...args: string[]): Promise<{ code: unknown; out: string; err: string }> {
  const child = launch(...args)
  let [out, err] = ['', '']
  child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const [code] = (await once(child, 'close')) as unknown[]
  return { code, out, err }
}

async function builtApp(): Promise<string> {
  const app = await opened.folder()
  await writeFile(join(app, 'index.html'), '<!doctype html>')
  return app
}

describe('the program', () => {
  it('explains itself and ends with 0', async () => {
    const { code, out } = await run('--help')
    expect([code, out]).toEqual([0, expect.stringContaining('--port PORT')])
  })

  it('ends with 2 and one line when an option is not known', async () => {
    const { code, err } = await run('--no-webrct')
    expect([code, err]).toEqual([2, 'tessera: unknown option --no-webrct; did you mean --no-webrtc?\n'])
  })

  it('ends with 1 and one line when the port is in use', async () => {
    const { port } = await opened.relay()
    const folder = await opened.folder()
    const app = await builtApp()
    const rest = ['--host', '127.0.0.1', '--data', folder, '--app', app]
    const { code, err } = await run('--port', String(port), ...rest)
    expect([code, err]).toEqual([
      1,
      `tessera: port ${port} is in use: stop what uses it, or name another with --port\n`,
    ])
  })

  it.each(['SIGINT', 'SIGTERM'] as const)('says where it is, and ends with 0 on %s', async (signal) => {
    const folder = await opened.folder()
    const child = launch('--port', '0', '--no-webrtc', '--data', folder, '--app', await builtApp())
    const [line] = (await once(child.stdout ?? child, 'data')) as [Buffer]
    expect(line.toString()).toMatch(/^Tessera is at http:\/\/localhost:\d+\n$/)
    child.kill(signal)
    child.kill(signal)
    expect(await once(child, 'exit')).toEqual([0, null])
  })
})
