import { describe, expect, it } from 'vitest'
import { fileLink, routeOf, splitFileLink } from './route.ts'

const host = 'https://tessera.example/'

describe('routes', () => {
  it.each(['', '#', '#/', '#/elsewhere', '?q=#/'])('shows the landing page at %j', (rest) => {
    expect(routeOf(host + rest)).toEqual({ kind: 'landing' })
  })

  it('hands over an invitation whole, also a broken one', () => {
    expect(routeOf(`${host}#/r/abc`)).toEqual({ kind: 'link', text: `${host}#/r/abc` })
    expect(routeOf(`${host}#/r/`)).toEqual({ kind: 'link', text: `${host}#/r/` })
  })

  it('knows a room by its id', () => {
    expect(routeOf(`${host}#/room/q7Wm3kZr9LxTfB2vYh8sDA`)).toEqual({
      kind: 'room',
      room: 'q7Wm3kZr9LxTfB2vYh8sDA',
    })
  })

  it('takes no room id of another alphabet', () => {
    expect(routeOf(`${host}#/room/a%20b`)).toEqual({ kind: 'landing' })
  })

  it('FI-70: knows what the worker leads to', () => {
    expect(routeOf(`${host}#/shared`)).toEqual({ kind: 'shared' })
  })
})

describe('the link to a file', () => {
  const id = 'BGk7En-9e-Qy2lUvv04w5xnJAL_gIsaMk2tKnG6QHA8'

  it('FI-47: is the room’s link and the file’s id', () => {
    const link = fileLink(`${host}#/r/AQcH`, id)
    expect(link).toBe(`${host}#/r/AQcH/f/${id}`)
    expect(routeOf(link)).toEqual({ kind: 'link', text: link })
    expect(splitFileLink(link)).toEqual({ room: `${host}#/r/AQcH`, file: id })
  })

  it('FI-47: of no file is a room’s link, as it was', () => {
    for (const text of [`${host}#/r/AQcH`, `${host}#/r/AQcH/f/short`, ' ', `${host}#/r/AQcH/f/${id}x`]) {
      expect(splitFileLink(text)).toEqual({ room: text, file: undefined })
    }
  })
})
