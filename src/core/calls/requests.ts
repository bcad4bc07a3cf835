/** What one participant may ask of another. A request is words on a screen: nothing is switched but by the person asked. */
export const callRequests = ['mute', 'speak'] as const
export type CallRequest = (typeof callRequests)[number]
