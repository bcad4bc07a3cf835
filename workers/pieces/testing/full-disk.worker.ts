import './full-disk.ts'
import '../pieces.worker.ts'
