const dayMs = 86_400_000

let known: string | undefined

/**
 * Twelve or twenty-four hours: as the person's system has it, whatever the language of the words. Asked when it is first needed: the
 * first format of a page takes ten milliseconds.
 */
function systemHourCycle(): string | undefined {
  return (known ??= new Intl.DateTimeFormat(undefined, { hour: 'numeric' }).resolvedOptions().hourCycle)
}

/** Hour and minute of a moment, in the language given. */
export function formatTime(at: number, locale = 'en', cycle = systemHourCycle()): string {
  const hour12 = cycle === 'h11' || cycle === 'h12'
  return new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit', hour12 }).format(at)
}

/** A moment in full, for tooltips. */
export function formatMoment(at: number, locale = 'en'): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'medium' }).format(at)
}

/** Midnight that begins the day of `at`, in local time, ms since the epoch. */
export function startOfDay(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0)
}

/** A day as a divider shows it: "today", "yesterday", a weekday within the week, else the date. */
export function formatDay(at: number, now: number, locale = 'en'): string {
  // Rounded: days around a clock change have 23 or 25 hours.
  const daysAgo = Math.round((startOfDay(now) - startOfDay(at)) / dayMs)
  if (daysAgo === 0 || daysAgo === 1) return capital(relative(-daysAgo, 'day', locale), locale)
  if (daysAgo > 1 && daysAgo < 7) return new Intl.DateTimeFormat(locale, { weekday: 'long' }).format(at)
  return new Intl.DateTimeFormat(locale, { dateStyle: 'long' }).format(at)
}

/** How long ago: "just now" is the caller's word below a minute (undefined here). */
export function formatAgo(at: number, now: number, locale = 'en'): string | undefined {
  const minutes = Math.round((now - at) / 60_000)
  if (minutes < 1) return undefined
  if (minutes < 60) return relative(-minutes, 'minute', locale)
  if (minutes < 60 * 24) return relative(-Math.round(minutes / 60), 'hour', locale)
  return relative(-Math.round((now - at) / dayMs), 'day', locale)
}

/** A length of time as a clock shows it: 0:07, 12:30, 1:02:03. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const shown = parts[0] === 0 ? parts.slice(1) : parts
  return shown.map((part, i) => (i === 0 ? String(part) : String(part).padStart(2, '0'))).join(':')
}

function relative(value: number, unit: Intl.RelativeTimeFormatUnit, locale: string): string {
  return new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(value, unit)
}

function capital(text: string, locale: string): string {
  return text.charAt(0).toLocaleUpperCase(locale) + text.slice(1)
}
