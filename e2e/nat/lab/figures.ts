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
 * Reads the figures on a person's screen each time they change, which is once a second, and counts their wire over each of the same times;
 * means of both, of the way there and back the median: a processor that is held up adds to single ones. Fails when sound stops on either side.
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
  const read: Figures[] = []
  let text = await changed(panel, await panel.innerText())
  const counts = [await wire.count()]
  const started = Date.now()
  // Repairs (RTX) and probes have streams of their own, which no loss is told of.
  const ssrcs = (await of.tab.received()).flatMap((one) => one.ssrcs)
  while (read.length < changes) {
    const packets = await Promise.all([of, other].map(soundPackets))
    text = await changed(panel, text)
    read.push(figuresIn(text))
    counts.push(await wire.count())
    for (const [n, one] of [of, other].entries())
      await expect.poll(() => soundPackets(one), { timeout: silenceMs }).toBeGreaterThan(packets[n] ?? 0)
  }
  const tookMs = Date.now() - started
  await page.keyboard.press('Escape')
  const kbpsOf = (end: 0 | 1): number =>
    (8 * ((counts.at(-1)?.bytes[end] ?? NaN) - (counts[0]?.bytes[end] ?? NaN))) / tookMs
  return {
    seen: {
      rttMs: median(read.map(({ rttMs }) => rttMs)),
      loss: mean(read.map(({ loss }) => loss)),
      receivedKbps: mean(read.map(({ receivedKbps }) => receivedKbps)),
      sentKbps: mean(read.map(({ sentKbps }) => sentKbps)),
    },
    wire: {
      loss: mean(counts.slice(1).map((count, n) => lossBetween(counts[n] ?? count, count, ssrcs))),
      receivedKbps: kbpsOf(internets),
      sentKbps: kbpsOf(theirs),
    },
  }
}

/** Percent of these streams' packets; of none sent none is lost. */
function lossBetween(before: WireCount, after: WireCount, ssrcs: readonly number[]): number {
  const grown = (key: 'through' | 'lost'): number =>
    sum(ssrcs.map((ssrc) => (after.media.get(ssrc)?.[key] ?? 0) - (before.media.get(ssrc)?.[key] ?? 0)))
  const lost = grown('lost')
  return (100 * lost) / Math.max(1, lost + grown('through'))
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
  return sum((await tab.received()).map(({ audioPackets }) => audioPackets))
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
  return sum(values) / values.length
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
