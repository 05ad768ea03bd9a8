export type Waiter = { network: string; since: number; seenAt: number; isEvicted: boolean }

/**
 * Whoever waits says so at least this often; who has not is gone, like a request that its runtime dropped.
 */
const STALE_MILLISECONDS = 1000

/** Networks whose last turn is remembered; of a longer list the oldest are as good as new. */
const MAX_REMEMBERED = 10_000

/**
 * Who waits, and whose turn it is. The next turn is the network's whose last one is the longest ago: somebody
 * who comes for the first time in a while passes all who flood, and those share what is left. Where it is
 * full, the longest line loses its latest for somebody of a shorter one, so that a network that floods can't
 * fill it up for others.
 */
export class FairQueue {
  readonly #waiting: number
  readonly #now: () => number
  readonly #lines = new Map<string, Waiter[]>()
  readonly #turns = new Map<string, number>()
  #turn = 0

  /** @param waiting how many at most */
  constructor(waiting: number, now: () => number) {
    this.#waiting = waiting
    this.#now = now
  }

  get length(): number {
    let total = 0
    for (const line of this.#lines.values()) total += line.length
    return total
  }

  hasRoom(network: string): boolean {
    if (this.length < this.#waiting) return true
    this.#dropStale()
    return this.length < this.#waiting || this.#latestOfLongest(network) !== null
  }

  /** `null` where there is no room. */
  join(network: string): Waiter | null {
    if (!this.hasRoom(network)) return null
    const evicted = this.length < this.#waiting ? null : this.#latestOfLongest(network)
    if (evicted) {
      evicted.isEvicted = true
      this.leave(evicted)
    }
    const waiter = { network, since: this.#now(), seenAt: this.#now(), isEvicted: false }
    this.#lines.set(network, [...(this.#lines.get(network) ?? []), waiter])
    return waiter
  }

  /**
   * Says that somebody still waits; who was taken for gone, as after a pause of the whole process, has their
   * place back.
   */
  keep(waiter: Waiter): void {
    waiter.seenAt = this.#now()
    if (waiter.isEvicted) return
    const line = this.#lines.get(waiter.network) ?? []
    if (!line.includes(waiter)) this.#lines.set(waiter.network, [waiter, ...line])
  }

  leave(waiter: Waiter): void {
    const line = (this.#lines.get(waiter.network) ?? []).filter((other) => other !== waiter)
    if (line.length > 0) this.#lines.set(waiter.network, line)
    else this.#lines.delete(waiter.network)
  }

  next(): Waiter | null {
    this.#dropStale()
    let first: Waiter | null = null
    let least = Number.POSITIVE_INFINITY
    // A map keeps its order: of networks without a turn the first to come is first.
    for (const [network, [waiter]] of this.#lines) {
      const last = this.#turns.get(network) ?? 0
      if (waiter && last < least) [first, least] = [waiter, last]
    }
    return first
  }

  /** Says that a network has its turn now. */
  remember(network: string): void {
    this.#turn++
    this.#turns.delete(network)
    this.#turns.set(network, this.#turn)
    for (const [oldest] of this.#turns) {
      if (this.#turns.size <= MAX_REMEMBERED) break
      this.#turns.delete(oldest)
    }
  }

  #dropStale(): void {
    const since = this.#now() - STALE_MILLISECONDS
    for (const waiter of [...this.#lines.values()].flat()) if (waiter.seenAt < since) this.leave(waiter)
  }

  /**
   * Who has to go for one more of a network; `null` for nobody. Where all lines are short, as of a flood from
   * very many addresses, it is somebody whose network had its last turn later.
   */
  #latestOfLongest(network: string): Waiter | null {
    const own = this.#lines.get(network)?.length ?? 0
    let longest: Waiter[] = []
    for (const line of this.#lines.values()) if (line.length > longest.length) longest = line
    if (longest.length > own + 1) return longest.at(-1) ?? null
    return own === 0 ? this.#latestOfRecent(network) : null
  }

  #latestOfRecent(network: string): Waiter | null {
    let latest: Waiter | null = null
    let last = this.#turns.get(network) ?? 0
    for (const [other, line] of this.#lines) {
      const turn = this.#turns.get(other) ?? 0
      if (turn > last) [latest, last] = [line.at(-1) ?? null, turn]
    }
    return latest
  }
}
