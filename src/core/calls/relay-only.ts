import { relayCandidate } from '../mesh/index.ts'
import type { MediaSignal } from './media.ts'

/**
 * A signal as it may travel, either way, on a link that hides its address (SPEC CA-22): candidates of TURN servers only, in
 * descriptions too, and no address outside of candidates. Undefined when nothing of it may.
 */
export function hiddenSignal(signal: MediaSignal): MediaSignal | undefined {
  switch (signal.kind) {
    case 'restart':
      return signal
    case 'description':
      return { ...signal, sdp: hiddenSdp(signal.sdp) }
    case 'candidate': {
      const candidate = relayCandidate(signal.candidate)
      return candidate === undefined ? undefined : { ...signal, candidate }
    }
  }
}

/** Lines end in CRLF or LF (RFC 8866 section 5); what an engine would not read as a candidate is dropped with the rest. */
function hiddenSdp(sdp: string): string {
  return sdp
    .split('\n')
    .map((line) => line.replace(/\r$/, ''))
    .flatMap(hiddenLine)
    .join('\r\n')
}

function hiddenLine(line: string): readonly string[] {
  if (/^a=end-of-candidates$/.test(line)) return [line]
  if (/candidate/i.test(line)) {
    const candidate = line.startsWith('a=') ? relayCandidate(line.slice(2)) : undefined
    return candidate === undefined ? [] : [`a=${candidate}`]
  }
  // Default addresses repeat a candidate: nobody who speaks ICE reads them (RFC 8839 section 4.2.1.1).
  if (/^c=/i.test(line)) return ['c=IN IP4 0.0.0.0']
  if (/^a=rtcp:/i.test(line)) return ['a=rtcp:9 IN IP4 0.0.0.0']
  const origin = /^(o=\S+ \d+ \d+ )IN IP[46] /.exec(line)
  return [origin?.[1] === undefined ? line : `${origin[1]}IN IP4 127.0.0.1`]
}
