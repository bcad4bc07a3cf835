import { defineConfig } from '@playwright/test'

/** Tests in networks of their own: `npm run test:nat` makes the networks and starts this inside. */
export default defineConfig({
  testDir: 'e2e/nat',
  testMatch: '**/*.nat.ts',
  fullyParallel: false,
  workers: 1,
  retries: 0,
  forbidOnly: true,
  timeout: 120_000,
  expect: { timeout: 20_000 },
  reporter: [['list'], ['./e2e/nat/lab/annotations.ts']],
})
