import { en } from './messages/en.ts'
import { enCalls } from './messages/en-calls.ts'
import { enLate } from './messages/en-late.ts'
import { enPersonal } from './messages/en-personal.ts'
import { addErrorWords, createWords, type Words } from './words.ts'

const all = { ...en, ...enLate, ...enCalls, ...enPersonal } as const
addErrorWords(enLate)
addErrorWords(enPersonal)
addErrorWords(enCalls)

/**
 * The words of everything that is loaded after the shell. A part that the shell draws takes `t` of `words.ts` instead, or
 * it would bring all texts into the first paint.
 */
export const t: Words<typeof all> = createWords<typeof all>(all)
