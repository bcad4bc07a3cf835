/** The texts, in English, of files for one person and of questions about space. */
export const enPersonal = {
  'chat.announcePersonal': 'sent something only to you',

  'personal.forYou': (p: { from: string }) => `only for you, from ${p.from}`,
  'personal.forOther': (p: { name: string }) => `only for ${p.name}`,
  'personal.forYouShort': 'only for you',
  'personal.opening': 'Opening…',
  'personal.unreadable':
    'Sent to one person alone, but it does not open here: it was changed on its way, or this browser’s keys were lost. Ask for it to be sent again.',
  'personal.everyone': 'For everyone here',
  'personal.one': 'Only for one person…',
  'personal.title': 'Only for one person',
  'personal.text':
    'The people here keep it as they keep any file, but only you and the person you choose can open it or see its name. The others can tell that you sent something, and how large it is.',
  'personal.send': (p: { name: string }) => `Send files only to ${p.name}`,
  'personal.noKey': (p: { name: string }) =>
    `Nothing can be sent only to ${p.name} yet: they were here with an older Tessera. It works once they have reloaded.`,
  'personal.noKeyShort': 'uses an older Tessera',
  'personal.nobody': 'Nobody else is known here yet.',
  'personal.drop': 'Or drop it on one person, only for them',
  'error.NoAgreementKeyError':
    'Nothing can be sent only to this person yet: they were here with an older Tessera. It works once they have reloaded.',

  'space.releaseTitle': 'Let go of files to make room?',
  'space.releaseText': (p: { needed: string; free: string }) =>
    `This takes ${p.needed} on this device and ${p.free} are free. It fits only if tiles kept here that others still need go as well:`,
  'space.fragile': 'others have it, until one more of them is lost',
  'space.waiting': 'only people who are away have it',
  'space.lost': 'nobody else has it: it will be lost for everyone',
  'space.nameless': 'a file whose name is not known here',
  'space.own': 'yours',
  'space.release': 'Let them go',
  'space.keep': 'Leave all here',
  'space.tightTitle': 'This leaves little space',
  'space.tightText': (p: { needed: string; left: string }) =>
    `It takes up to ${p.needed} here; then about ${p.left} are free. Messages, and what others ask you to keep, need some.`,
  'space.tightGo': 'Share all the same',
  'space.tightStop': 'Not now',
} as const
