import { describe, expect, it } from 'vitest'
import { routeOf } from './route.ts'

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
})
