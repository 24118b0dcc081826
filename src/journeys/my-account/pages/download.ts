import { type Page, sheet } from '../../../http/page.ts'

export interface DownloadPage {
  /** Sensitive values would be masked now. */
  readonly isMasked: boolean
}

export function downloadPage({ isMasked }: DownloadPage): Page {
  const model = { isMasked, exportUrl: '/account/export', inClearUrl: '/account/download/in-clear' }
  return sheet('my-account/download', { key: 'myAccount.download.title' }, model)
}
