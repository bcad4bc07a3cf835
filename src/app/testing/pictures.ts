/** A small picture drawn here, as PNG bytes. */
export async function drawnPicture(): Promise<Uint8Array<ArrayBuffer>> {
  const canvas = new OffscreenCanvas(360, 240)
  const context = canvas.getContext('2d')
  if (context === null) throw new Error('expected a canvas')
  paint(context, 360, 240, 40)
  return new Uint8Array(await (await canvas.convertToBlob({ type: 'image/png' })).arrayBuffer())
}

/** A moving picture drawn here, as a stream of a call. */
export function drawnStream(hue: number): MediaStream {
  const canvas = document.createElement('canvas')
  canvas.width = 640
  canvas.height = 480
  const context = canvas.getContext('2d')
  if (context === null) throw new Error('expected a canvas')
  let turn = 0
  const draw = (): void => paint(context, 640, 480, hue + turn++)
  draw()
  setInterval(draw, 200)
  return canvas.captureStream(5)
}

function paint(
  context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D,
  width: number,
  height: number,
  hue: number,
): void {
  const tile = 20
  for (let y = 0; y < height; y += tile) {
    for (let x = 0; x < width; x += tile) {
      const ring = Math.round(Math.hypot(x - width / 2, y - height / 2) / tile)
      context.fillStyle = `hsl(${String((hue + ring * 31) % 360)} 45% ${String(42 + (ring % 3) * 9)}%)`
      context.fillRect(x, y, tile - 2, tile - 2)
    }
  }
}
