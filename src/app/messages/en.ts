import { count, list } from './en-grammar.ts'

/**
 * The texts of the shell, in English: what may be drawn before anything else is loaded, and every error. Another language
 * is another table of the same type. Parameters are plain values; nothing here is markup.
 */
export const en = {
  'app.name': 'Tessera',
  'app.close': 'Close',
  'app.dismiss': 'Dismiss',
  'app.undo': 'Undo',
  'app.retry': 'Try again',
  'app.you': 'You',
  'app.someone': 'Someone',
  'app.title': (p: { room: string; unread: number }) =>
    p.unread > 0 ? `(${p.unread}) ${p.room} – Tessera` : `${p.room} – Tessera`,

  'landing.headline': 'A room for your people.',
  'landing.lead':
    'Open a link and you are in: write, call, and share files that stay even after you leave. No account, and no server that can read anything.',
  'landing.start': 'Start a room',
  'landing.paste': 'Have a link? Paste it here',
  'landing.pasteHint': 'https://…/#/r/…',
  'landing.open': 'Open',
  'landing.recent': 'Rooms on this device',
  'landing.visited': (p: { ago: string | undefined }) => (p.ago === undefined ? 'just now' : p.ago),
  'landing.forgetRoom': (p: { room: string }) => `Forget ${p.room} on this device`,
  'landing.forgotten': (p: { room: string }) =>
    `${p.room} will be forgotten, with its messages and files here.`,
  'landing.clue1': 'Only those with the link',
  'landing.clue1Text':
    'The link holds the key. Whoever has it can enter; nobody else can, and no server is told it.',
  'landing.clue2': 'Files that outlive you',
  'landing.clue2Text':
    'Each file is locked, cut into tiles and kept by the people in the room. Enough tiles rebuild it.',
  'landing.clue3': 'Nothing in between',
  'landing.clue3Text': 'Tabs talk to each other directly. A small relay only introduces them.',
  'landing.offline':
    'No relay can be reached. Rooms you know still open, with their messages and your files; Tessera keeps trying.',
  'landing.unknownRoom': 'This device does not know that room (any more). Open its link again.',
  'landing.source': 'Open source, Apache-2.0',

  'room.unnamed': (p: { id: string }) => `Room ${p.id.slice(0, 4)}`,
  'room.entering': 'Opening the room…',
  'room.enteringAbout':
    'The first visit brings the parts for talk, calls and files. Later ones open at once, even offline. What is said here stays among the people here.',
  'room.back': 'Leave to the start page',

  'connection.opening': 'Opening…',

  'name.later': 'Later',

  'people.joined': (p: { names: readonly string[] }) => `${list(p.names)} joined`,
  'people.left': (p: { names: readonly string[] }) => `${list(p.names)} left`,

  'chat.announce': (p: { name: string; text: string }) => `${p.name}: ${p.text}`,
  'chat.announceMany': (p: { n: number; names: readonly string[] }) =>
    `${count(p.n, 'new message', 'new messages')} from ${list(p.names)}`,

  'settings.title': 'Settings',

  'storage.memory':
    'This browser window keeps nothing: messages, files and your identity are gone when it is closed. A normal window keeps them.',
  'storage.lost':
    'What this page had stored was removed, or a newer version took it over. Reload the page; until then nothing can be kept.',
  'storage.reload': 'Reload',
  'storage.damaged':
    'The browser found what it had stored for this site damaged, and removed it. Rooms come back by their links, with what others still hold of them; your name and what only this device had are gone.',
  'storage.understood': 'Got it',

  'update.ready': 'A new version is ready.',
  'update.apply': 'Update now',
  'update.waits': 'A new version is ready. It waits until the call or transfer is over.',

  'install.hint': 'Install Tessera to open your rooms offline.',
  'install.apply': 'Install',

  'error.UnknownError': (p: { detail: string }) =>
    `Something went wrong: ${p.detail}. Try again; if it stays, reload the page.`,
  'error.LinkTruncatedError': 'This link is cut off at the end. Copy it again, whole.',
  'error.LinkChecksumError':
    'One or more characters of this link are wrong. Copy it again rather than typing it.',
  'error.LinkFormatError':
    'This link was made by a newer Tessera, or has been altered. Reload the page to get the newest version, then try again.',
  'error.LinkMissingSecretError': 'This link has no room key after “#/r/”. Ask for the whole link.',
  'error.LinkLengthError': 'This link has the wrong length. Copy it again, whole and with nothing added.',
  'error.LinkNotTesseraError': 'This is not a link to a Tessera room. One looks like https://…/#/r/…',
  'error.LinkEmptyError': 'Paste a room link first.',
  'error.RelayUnreachableError': 'No relay answers. Check your connection; Tessera keeps trying by itself.',
  'error.ForeignRelayError':
    'The people of this link meet at another relay, and it does not answer from here. Open the link at its own address, or try again later.',
  'error.DialError': 'They could not be reached. They may just have left; Tessera keeps trying.',
  'error.NoLinkError': 'There is no connection to them just now. Try again when they are back.',
  'error.ProtocolUnsupportedError':
    'They use a version of Tessera that does not know this. One of you needs to reload.',
  'error.VersionError': 'They need a newer Tessera, or you do. Reload to get the newest version.',
  'error.StreamClosedError': 'The connection broke off. Try again.',
  'error.TimeoutError': 'It took too long and was given up. Try again.',
  'error.QuotaExceededError': (p: { needed: string | undefined; free?: string | undefined }) =>
    `The browser has no more room${p.needed === undefined ? '' : p.free === undefined ? `: ${p.needed} more would be needed` : `: ${p.needed} needed, ${p.free} free`}. Free space on the disk, or forget files you no longer need.`,
  'error.StorageError': 'The browser could not save it. Private windows often forbid that; try a normal one.',
  'error.StorageBlockedError':
    'Another tab still runs an older Tessera and holds what is kept here. Close that tab, then try again.',
  'error.StorageOutdatedError':
    'A newer Tessera has changed what is kept here. Reload the page to get that version.',
  'error.NotStartedError': 'Tessera is not ready yet. Wait a moment and try again.',
  'error.InvalidNameError': 'A name has 1 to 64 characters.',
  'error.EmptyMessageError': 'There is nothing to send yet.',
  'error.MessageTooLongError': 'This message is longer than 64 KiB. Shorten it, or share it as a file.',
  'error.SourceChangedError': 'The file changed or disappeared while it was read. Share it again.',
  'error.FileUnavailableError':
    'Not enough of this file can be reached now. Try again when more of its holders are here.',
  'error.CorruptFileError':
    'The parts of this file do not fit together, so nothing was saved. Ask for it to be shared again.',
  'error.FileTooLargeError': 'This file is larger than Tessera can share. Split it, then share the parts.',
  'error.TooManyFilesError': 'This room has as many files as it can hold. Start another room for more.',
  'error.UnknownFileError': 'This file is not known here. It appears when someone who holds it is reached.',
  'error.NotEnoughPiecesError':
    'Not enough of this file can be reached now. Try again when more of its holders are here.',
  'error.InvalidManifestError': 'The description of this file is damaged. Ask for it to be shared again.',
  'error.DecryptionError': 'This file could not be opened with its key. Ask for it to be shared again.',
  'error.InvalidMetaError':
    'The name of this file is too long or has characters that cannot be shared. Rename it.',
  'error.EngineError':
    'The part that locks and unlocks files stopped. Try again; if it stays, reload the page.',
  'error.LogFullError': 'This room holds as much as it can. Start another room and go on there.',
  'error.HeadMovedError': 'Another tab of yours wrote at the same moment. Try again.',
  'error.RefusedError': 'They declined it. They may be out of space or busy.',
  'error.AlreadyInCallError': 'You are in a call already. End it first.',
  'error.NotReachableError': 'They cannot be reached just now. Try again when they are back.',
  'error.FingerprintMismatchError':
    'The call was refused: its encryption did not match the person. Try again; if it stays, do not trust this network.',
  'error.ChunkLoadError': 'A part of the app could not be loaded. Check your connection and reload the page.',
} as const
