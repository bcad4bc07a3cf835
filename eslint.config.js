import js from '@eslint/js'
import globals from 'globals'
import svelte from 'eslint-plugin-svelte'
import ts from 'typescript-eslint'
import svelteConfig from './svelte.config.js'

/** Imports that a floor may not make, with the reason a reader sees. */
const upstairs = (names, message) => ({ group: names.map((n) => `**/${n}/**`), message })

const floors = [
  {
    files: ['src/core/base/**'],
    patterns: [
      upstairs(
        [
          'mesh',
          'storage',
          'identity',
          'room',
          'chat',
          'files',
          'ces',
          'calls',
          'people',
          'app',
          'ui',
          'platform',
        ],
        'Floor 0 imports nothing of ours.',
      ),
    ],
  },
  {
    files: ['src/core/{mesh,storage,identity}/**'],
    patterns: [
      upstairs(
        ['room', 'chat', 'files', 'ces', 'calls', 'people', 'app', 'ui', 'platform'],
        'Floor 1 imports floor 0.',
      ),
    ],
  },
  {
    files: ['src/core/{room,chat,files,ces,calls,people}/**', 'src/core/peer.ts'],
    patterns: [upstairs(['app', 'ui', 'platform'], 'The core does not reach upstairs.')],
  },
  {
    files: ['src/app/**'],
    patterns: [upstairs(['ui', 'platform'], 'App state imports the core; roots wire platforms.')],
  },
  {
    files: ['src/ui/**'],
    patterns: [upstairs(['platform'], 'Components get what they need from app state.')],
  },
]

export default ts.config(
  {
    ignores: [
      'dist/**',
      'dist-relay/**',
      'coverage/**',
      'playwright-report/**',
      'test-results/**',
      'tools/empty/**',
      '**/pb/*.ts',
      '**/assembly/*.ts', // AssemblyScript, for its own compiler
    ],
  },
  js.configs.recommended,
  ...ts.configs.strictTypeChecked,
  ...svelte.configs.recommended,
  {
    languageOptions: {
      parserOptions: {
        project: [
          './tsconfig.core.json',
          './tsconfig.node.json',
          './tsconfig.web.json',
          './tsconfig.worker.json',
          './tsconfig.e2e.json',
        ],
        tsconfigRootDir: import.meta.dirname,
        extraFileExtensions: ['.svelte'],
      },
    },
    rules: {
      'no-console': 'error',
      eqeqeq: 'error',
      'no-empty-pattern': ['error', { allowObjectPatternsAsParameters: true }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'separate-type-imports', prefer: 'type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-meaningless-void-operator': 'off',
      '@typescript-eslint/unbound-method': 'off',
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { globals: globals.browser, parserOptions: { parser: ts.parser, svelteConfig } },
    rules: {
      'svelte/no-at-html-tags': 'error',
      'prefer-const': 'off',
      'svelte/prefer-const': 'error',
    },
  },
  ...floors.map(({ files, patterns }) => ({
    files,
    ignores: ['**/*.test.ts', '**/*.browser.ts', '**/testing/**'],
    rules: { 'no-restricted-imports': ['error', { patterns }] },
  })),
  {
    files: ['src/main.ts', 'src/cli/main.ts', 'relay/main.ts', 'tools/**', 'bench/**', 'e2e/**'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    ...ts.configs.disableTypeChecked,
    languageOptions: {
      ...ts.configs.disableTypeChecked.languageOptions,
      globals: { ...globals.node, ...globals.browser },
    },
  },
)
