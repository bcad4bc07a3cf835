import { createInlineEngine } from './index.ts'
import { describeEngine } from './testing/engine-suite.ts'

describeEngine('the inline engine', createInlineEngine)
