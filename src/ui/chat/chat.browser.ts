import { describe, expect, it } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import type { AccountId } from '../../core/base/ids.ts'
import { mountRoom } from '../testing/mount-app.ts'

const ann = 'ann' as AccountId
const composer = page.getByTestId('composer')
const messages = page.getByTestId('message')
const states = page.getByTestId('message-state')

const says = (text: string) => ({ author: ann, body: { kind: 'text', text } as const })

describe('the chat', () => {
  it('sends with Enter and breaks the line with Shift+Enter', async () => {
    const { peer } = await mountRoom()
    await composer.click()
    await userEvent.keyboard('first{Shift>}{Enter}{/Shift}second{Enter}')
    await expect.element(messages).toHaveTextContent('first second')
    expect(peer.open.chat.timeline()[0]?.body).toEqual({ kind: 'text', text: 'first\nsecond' })
    await expect.element(composer).toHaveValue('')
  })

  it('shows pending, sent and delivered as they become true, and to whom', async () => {
    const { peer } = await mountRoom((fake) => void fake.open.room.put({ account: ann, name: 'Ann' }))
    peer.open.chat.onSend = 'hold'
    await composer.fill('hello')
    await userEvent.keyboard('{Enter}')
    await expect.element(states).toHaveAttribute('data-state', 'pending')
    const key = peer.open.chat.timeline()[0]?.key ?? ''
    peer.open.chat.change(key, { state: 'sent' })
    await expect.element(states).toHaveTextContent('Sent')
    peer.open.chat.change(key, { state: 'delivered', deliveredTo: [ann] })
    await expect.element(states).toHaveTextContent('Delivered to Ann')
  })

  it('keeps a message that failed, says why, and sends it when tried again', async () => {
    const { peer } = await mountRoom()
    peer.open.chat.onSend = { fail: 'QuotaExceededError' }
    await composer.fill('hello')
    await userEvent.keyboard('{Enter}')
    await expect.element(messages).toHaveTextContent('The browser has no more room')
    peer.open.chat.onSend = 'store'
    await page.getByRole('button', { name: 'Try again' }).click()
    await expect.element(states).toHaveAttribute('data-state', 'sent')
  })

  it('tells that a text is too long before it is sent, and does not send it', async () => {
    const { peer } = await mountRoom()
    await composer.fill('x'.repeat(65_537))
    await expect.element(page.getByText('Too long by 1 byte.')).toBeVisible()
    await expect.element(page.getByRole('button', { name: 'Send' })).toBeDisabled()
    await userEvent.keyboard('{Enter}')
    expect(peer.open.chat.timeline()).toHaveLength(0)
    await composer.fill('x'.repeat(65_536))
    await expect.element(page.getByRole('button', { name: 'Send' })).toBeEnabled()
  })

  it('says in words what goes wrong with the messages of others', async () => {
    const { peer } = await mountRoom((fake) => void fake.open.room.put({ account: ann, name: 'Ann' }))
    await expect.element(composer).toBeVisible()
    const { events } = peer.open.chat
    events.emit('chat:outdated', {})
    await expect.element(page.getByText('it needs a newer Tessera')).toBeVisible()
    events.emit('chat:forked', { account: ann })
    await expect.element(page.getByText('Ann signed two different histories')).toBeVisible()
    events.emit('chat:flooded', { account: ann })
    await expect.element(page.getByText('Ann sends more than')).toBeVisible()
    events.emit('chat:unkept', { error: 'QuotaExceededError' })
    await expect.element(page.getByText('New messages could not be kept here')).toBeVisible()
  })

  it('keeps the draft of a room over leaving it', async () => {
    const { app } = await mountRoom()
    await composer.fill('half a thought')
    await page.getByRole('button', { name: 'Leave to the start page' }).click()
    await page.getByRole('link', { name: /Room q7Wm/ }).hover()
    await app.openRoom('q7Wm3kZr9LxTfB2vYh8sDA')
    await expect.element(composer).toHaveValue('half a thought')
  })

  it('never makes markup of what others write, and opens links apart', async () => {
    const { peer } = await mountRoom()
    peer.open.chat.add(says('<img src=x onerror=alert(1)> https://example.org/ \u202eevil'))
    await expect.element(messages).toHaveTextContent('<img src=x onerror=alert(1)>')
    await expect.element(messages).toHaveTextContent('‹U+202E›evil')
    const link = page.getByRole('link', { name: 'https://example.org/' })
    await expect.element(link).toHaveAttribute('rel', 'noopener noreferrer nofollow')
    expect(document.querySelector('article img')).toBeNull()
  })

  it('draws a window of 10,000 messages, at once, and goes back page by page', async () => {
    const { peer } = await mountRoom()
    const at = Date.UTC(2026, 0, 1)
    const rows = Array.from({ length: 10_000 }, (_, i) => ({ ...says(`message ${i}`), at: at + i * 1000 }))
    const started = performance.now()
    peer.open.chat.fill(rows)
    await expect.element(page.getByText('message 9999', { exact: true })).toBeInViewport()
    expect(performance.now() - started).toBeLessThan(3_000)
    expect(messages.elements()).toHaveLength(200)

    for (let turn = 0; turn < 5; turn++) {
      await page.getByRole('button', { name: 'Show earlier messages' }).click()
    }
    await expect.element(page.getByText('message 8800', { exact: true })).toBeInTheDocument()
    expect(messages.elements().length).toBeLessThanOrEqual(600)

    await page.getByRole('button', { name: 'Jump to latest' }).click()
    await expect.element(page.getByText('message 9999', { exact: true })).toBeInViewport()
  })

  it('leaves what is being read where it is, counts what is new and jumps to it', async () => {
    const { peer } = await mountRoom()
    const at = Date.now() - 3_600_000
    peer.open.chat.fill(Array.from({ length: 150 }, (_, i) => ({ ...says(`message ${i}`), at: at + i })))
    await expect.element(page.getByText('message 149', { exact: true })).toBeInViewport()
    const scroller = page.getByRole('region', { name: 'Messages, files and calls' }).element()
    scroller.scrollTop = 1_500
    await expect.element(page.getByRole('button', { name: 'Jump to latest' })).toBeVisible()
    const before = scroller.scrollTop

    peer.open.chat.add(says('news'))
    peer.open.chat.add(says('more news'))
    await page.getByRole('button', { name: '2 new messages' }).click()
    expect(before).toBe(1_500)
    await expect.element(page.getByText('more news')).toBeInViewport()
    await expect.element(page.getByText('New messages', { exact: true })).toBeVisible()
  })

  it('survives a flood without drawing each message by itself', async () => {
    const { peer } = await mountRoom()
    for (let i = 0; i < 3_000; i++) peer.open.chat.add(says(`flood ${i}`))
    await expect.element(page.getByText('flood 2999', { exact: true })).toBeInViewport()
    expect(messages.elements()).toHaveLength(200)
  })
})
