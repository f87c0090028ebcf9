/**
 * How soon each account may be asked for its usage again: never twice within a minute; after failures ever more rarely;
 * not before a provider says. Pure but for its clock; knows nothing of what is asked.
 */
import type { Random } from "../../base/random.ts";
import type { AccountId } from "../config/schema.ts";

export interface Pace {
  /** It is being asked now, or was `agoMs` before. */
  asked(account: AccountId, agoMs?: number): void;
  answered(account: AccountId): void;
  failed(account: AccountId, retryAfterMs: number | null): void;
  /** `force`: our own caution after failures does not count. */
  mayAsk(account: AccountId, force: boolean): boolean;
  /** 0: now. */
  dueInMs(account: AccountId, everyMs: number): number;
}

interface Step {
  readonly askedAt: number;
  readonly failures: number;
  /** Not before, by the provider's word. */
  readonly leaveUntil: number;
  /** 0…1. */
  readonly jitter: number;
}

/** Usage addresses refuse programs that ask more often (reported of several, 2026). */
const minSpacingMs = 60_000;
const maxBackoffMs = 1_800_000;
/** No provider is left alone longer than this, whatever it says. */
const maxLeaveMs = 6 * 3_600_000;
/** Of an interval: so that accounts and machines do not all ask at once. */
const jitterShare = 0.2;

export function createPace(deps: { readonly now: () => number; readonly random: Random }): Pace {
  const steps = new Map<AccountId, Step>();

  function change(account: AccountId, to: (step: Step) => Partial<Step>): void {
    const step = steps.get(account) ?? { askedAt: -Infinity, failures: 0, leaveUntil: -Infinity, jitter: 0 };
    steps.set(account, { ...step, ...to(step) });
  }

  function backoffMs({ failures }: Step): number {
    return failures === 0 ? minSpacingMs : Math.min(maxBackoffMs, minSpacingMs * 2 ** (failures - 1));
  }

  return {
    asked(account, agoMs = 0) {
      const jitter = deps.random.bytes(2).readUInt16BE() / 0xffff;
      change(account, () => ({ askedAt: deps.now() - agoMs, jitter }));
    },
    answered: (account) => change(account, () => ({ failures: 0, leaveUntil: -Infinity })),
    failed(account, retryAfterMs) {
      const leaveMs = Math.min(retryAfterMs ?? 0, maxLeaveMs);
      change(account, ({ failures }) => ({ failures: failures + 1, leaveUntil: deps.now() + leaveMs }));
    },
    mayAsk(account, force) {
      const step = steps.get(account);
      if (step === undefined) return true;
      const now = deps.now();
      return now - step.askedAt >= (force ? minSpacingMs : backoffMs(step)) && now >= step.leaveUntil;
    },
    dueInMs(account, everyMs) {
      const step = steps.get(account);
      if (step === undefined) return 0;
      const spacingMs = Math.max(everyMs, backoffMs(step)) * (1 + jitterShare * step.jitter);
      return Math.max(0, step.askedAt + spacingMs - deps.now(), step.leaveUntil - deps.now());
    },
  };
}
