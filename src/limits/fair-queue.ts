/** A request that waits for its turn. `seenAt`: when it last called `keep`. Times in milliseconds. */
export type Waiter = { network: string; since: number; seenAt: number; isEvicted: boolean }

/** A waiter that has not called `keep` for so long is gone: its runtime has dropped the request. */
const STALE_MILLISECONDS = 1000

/** The most networks whose last turn is remembered; older ones count as new. */
const MAX_REMEMBERED = 10_000

/**
 * A bounded queue that is fair by network. The next turn goes to the network whose last turn was longest ago:
 * a network that comes for the first time in a while passes those that flood, and these share the other
 * turns. If the queue is full, the network with the longest line loses its latest waiter to a network with a
 * shorter line, so that a flood can't keep others out.
 */
export class FairQueue {
  readonly #waiting: number
  readonly #now: () => number
  readonly #lines = new Map<string, Waiter[]>()
  readonly #turns = new Map<string, number>()
  #turn = 0

  /** @param waiting the most waiters */
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

  /** @returns `null` if there is no room */
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
   * Says that a request still waits. If it was dropped as gone, since the whole process was paused, it gets
   * its place back.
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

  /** The waiter whose turn is next; `null` if nobody waits. */
  next(): Waiter | null {
    this.#dropStale()
    let first: Waiter | null = null
    let least = Number.POSITIVE_INFINITY
    // A map keeps the order of insertion: of several networks without a turn, the one that came first is
    // next.
    for (const [network, [waiter]] of this.#lines) {
      const last = this.#turns.get(network) ?? 0
      if (waiter && last < least) [first, least] = [waiter, last]
    }
    return first
  }

  /** Says that a network's turn begins. */
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
   * The waiter to evict for a new one of a network; `null`: none, the new one is refused. If no line is
   * longer by two, as in a flood from very many addresses, it is one whose network had its last turn more
   * recently.
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
