/** Reactions a person can show; anything else is refused, so a reaction is never text of a stranger's choice. */
export const reactions = ['👍', '👏', '❤️', '😂', '😮', '🎉'] as const
export type Reaction = (typeof reactions)[number]
