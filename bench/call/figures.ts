/** The value below which a share `q` of all lies. */
function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? NaN
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** Least, middle, nine in ten, most. */
export function spread(values: readonly number[]): string {
  return `min/median/p90/max ${[0, 0.5, 0.9, 1].map((q) => quantile(values, q).toFixed(0)).join('/')} ms`
}

/** Prints one figure beside its bar; gives whether it holds. */
export function bar(title: string, figure: string, holds: boolean, wanted: string): boolean {
  console.log(`${holds ? 'holds ' : 'MISSED'} ${title}: ${figure} (${wanted})`)
  return holds
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
