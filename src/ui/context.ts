import { createContext } from 'svelte'
import type { AppState } from '../app/app.svelte.ts'
import type { RoomState } from '../app/room.svelte.ts'

const app = createContext<AppState>()
const room = createContext<RoomState>()

/** The app this component is part of. Throws outside one. */
export const getApp: () => AppState = app[0]
/** Makes an app known to all components below. */
export const setApp: (state: AppState) => AppState = app[1]
/** The open room this component is part of. Throws outside one. */
export const getRoom: () => RoomState = room[0]
/** Makes a room known to all components below. */
export const setRoom: (state: RoomState) => RoomState = room[1]
