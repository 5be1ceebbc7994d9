import i18n from '../i18n';

/** Trouble as the appliance tells it: a code for programs, a sentence and a remedy for people. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly remedy = '',
  ) {
    super(message);
    this.name = 'Problem';
  }

  get forbidden() {
    return this.status === 403;
  }

  get signedOut() {
    return this.status === 401;
  }

  static offline() {
    return new Problem(0, 'offline', i18n.t('state.offline'), i18n.t('state.offlineHint'));
  }

  /** An error body, of whichever door. */
  static from(status: number, body: unknown): Problem {
    const e = (body as { error?: { code?: string; message?: string; remedy?: string } } | null)?.error;
    if (!e || typeof e.message !== 'string') return new Problem(status, `http_${status}`, i18n.t('state.unexpected'));
    return new Problem(status, String(e.code ?? `http_${status}`), e.message, typeof e.remedy === 'string' ? e.remedy : '');
  }

  static async of(response: Response): Promise<Problem> {
    return Problem.from(response.status, await response.json().catch(() => null));
  }

  /** Any thrown thing as a Problem. */
  static any(e: unknown): Problem {
    return e instanceof Problem ? e : new Problem(-1, 'console', e instanceof Error ? e.message : String(e));
  }
}
