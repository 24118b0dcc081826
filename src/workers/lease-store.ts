/** Which process does a task that only one may do at a time. */
export interface LeaseStore {
  /**
   * Takes or prolongs the lease; false while another holder's runs. One that runs until more than ten minutes after
   * `until` does not run: a clock was put back since, and nodes' clocks are less apart than that.
   */
  acquire(name: string, holder: string, now: Date, until: Date): Promise<boolean>
  release(name: string, holder: string): Promise<void>
}
