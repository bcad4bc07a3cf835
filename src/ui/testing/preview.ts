/**
 * Draws any screen over a fake peer, for looking at it: `preview.html?scene=busy`. Served in development only; no
 * build reaches it.
 *
 * @packageDocumentation
 */
import { mount } from 'svelte'
import App from '../App.svelte'
import '../base.css'
import { fakeApp } from '../../app/testing/fake-app.ts'
import { FakePeer } from '../../app/testing/fake-peer.ts'
import { scenes } from '../../app/testing/scenes.ts'

const name = new URLSearchParams(location.search).get('scene') ?? 'landing'
const scene = scenes[name]
const target = document.getElementById('app')
if (scene === undefined || target === null)
  throw new Error(`expected one of ${Object.keys(scenes).join(', ')}`)

const peer = new FakePeer()
const { app } = fakeApp(peer, { hash: scene.hash ?? '', ...scene.init })
if (scene.hasName !== false) app.prefs.markNameAsked()
await scene.before?.(peer)
mount(App, { target, props: { app } })
app.start()
app.peer.ready().catch(() => undefined)
await scene.after?.(peer, app)
