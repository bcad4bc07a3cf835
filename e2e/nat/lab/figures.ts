import type { WireCount } from '../../../bench/lab/wire.ts'
import type { Person } from './test.ts'
import { expect, type Locator } from '@playwright/test'

/** What a person reads of one participant, as numbers. */
export interface Figures {
  readonly rttMs: number
  /** Percent. */
  readonly loss: number
  readonly receivedKbps: number
  readonly sentKbps: number
}

/** The same of the wire, counted by itself. */
export interface Compared {
  readonly seen: Figures
  readonly wire: { readonly loss: number; readonly receivedKbps: number; readonly sentKbps: number }
}

/** The wire's end that is the shaped person's, and the internet's. */
const [theirs, internets] = [0, 1] as const

/** Sound that is sent comes at least this often, also where nobody speaks and it is sent seldom (DTX). */
const silenceMs = 1_500
/** Between two looks at figures that are told once a second. */
const lookMs = 100

/**
 * Reads the figures on a person's screen each time they change, which is once a second, and counts their wire over the same time; means of
 * both, of the way there and back the median: a processor that is held up adds to single ones. Fails when sound stops on either side.
 *
 * @param isFitting whether what is seen is what the line's new shape makes of it; from then on it counts
 * @param changes how many are read
 */
export async function compareFigures(
  of: Person,
  other: Person,
  isFitting: (seen: Figures) => boolean,
  changes: number,
): Promise<Compared> {
  const { wire } = of.site
  if (wire === undefined) throw new Error('expected a person with a wire')
  const { page } = of.tab
  await page.getByRole('button', { name: `Options for ${other.tab.name}` }).click()
  const panel = page.getByTestId('quality-figures')
  await expect(panel).toBeVisible()
  const isFittingNow = async (): Promise<boolean> => isFitting(figuresIn(await panel.innerText()))
  await expect.poll(isFittingNow, { timeout: 60_000 }).toBe(true)
  const before = await wire.count()
  const started = Date.now()
  const read: Figures[] = []
  let text = await panel.innerText()
  while (read.length < changes) {
    const packets = await Promise.all([of, other].map(soundPackets))
    text = await changed(panel, text)
    read.push(figuresIn(text))
    for (const [n, one] of [of, other].entries())
      await expect.poll(() => soundPackets(one), { timeout: silenceMs }).toBeGreaterThan(packets[n] ?? 0)
  }
  const after = await wire.count()
  const tookMs = Date.now() - started
  await page.keyboard.press('Escape')
  const grown = (key: keyof WireCount, end: 0 | 1): number => after[key][end] - before[key][end]
  const lost = grown('lost', internets)
  return {
    seen: {
      rttMs: median(read.map(({ rttMs }) => rttMs)),
      loss: mean(read.map(({ loss }) => loss)),
      receivedKbps: mean(read.map(({ receivedKbps }) => receivedKbps)),
      sentKbps: mean(read.map(({ sentKbps }) => sentKbps)),
    },
    wire: {
      loss: (100 * lost) / (lost + grown('packets', internets)),
      receivedKbps: (8 * grown('bytes', internets)) / tookMs,
      sentKbps: (8 * grown('bytes', theirs)) / tookMs,
    },
  }
}

/** Whether one number is within a fifth of another. */
export function expectWithinFifth(seen: number, truth: number): void {
  expect(seen).toBeGreaterThan(truth * 0.8)
  expect(seen).toBeLessThan(truth * 1.2)
}

/** The next text of a panel that shows another now. */
async function changed(panel: Locator, shown: string): Promise<string> {
  let text = shown
  const look = async (): Promise<string> => (text = await panel.innerText())
  await expect.poll(look, { intervals: [lookMs] }).not.toBe(shown)
  return text
}

async function soundPackets({ tab }: Person): Promise<number> {
  return (await tab.received()).reduce((sum, { audioPackets }) => sum + audioPackets, 0)
}

function figuresIn(text: string): Figures {
  const number = (pattern: RegExp): number => Number(pattern.exec(text)?.[1])
  return {
    rttMs: number(/There and back\s+(\d+) ms/),
    loss: number(/Lost\s+([\d.]+) %/),
    receivedKbps: number(/↓ (\d+)/),
    sentKbps: number(/↑ (\d+) kbit/),
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
