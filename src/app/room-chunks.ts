/** The element of the page in which the build lists the chunks a room needs (`tools/chunks.ts`); development has none. */
export const roomChunksId = 'room-chunks'
