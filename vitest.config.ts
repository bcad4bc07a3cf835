import { availableParallelism } from 'node:os'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { browserFlags, findBrowser } from './tools/browser.ts'

const executablePath = findBrowser()

export default defineConfig({
  define: { __APP_VERSION__: JSON.stringify('0.0.0-test') },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          environment: 'node',
          include: ['{src,relay,workers,tools}/**/*.test.ts'],
          setupFiles: ['./src/core/base/polyfill.ts'],
          testTimeout: 30_000,
          // Two at least: the default leaves a core free, and on two cores runs one file at a time.
          maxWorkers: Math.max(2, availableParallelism() - 1),
        },
      },
      {
        extends: true,
        plugins: [svelte()],
        // Found while tests run, a dependency would make Vite optimise again and reload the page under them.
        optimizeDeps: {
          entries: [
            'src/**/*.browser.ts',
            'src/app/**/*.ts',
            'src/ui/**/*.svelte',
            'src/platform/browser/*.ts',
            'workers/**/*.worker.ts',
          ],
        },
        test: {
          name: 'browser',
          include: ['src/**/*.browser.ts'],
          testTimeout: 30_000,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: {
                ...(executablePath === undefined ? {} : { executablePath }),
                args: browserFlags(),
              },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
})
