// What the appliance says of answers: docs/trust.md has the shapes.

import { ask } from './client';
import { streamed } from './events';
import { Problem } from './problem';

export type Source = { url: string; title: string; text: string };

export type Reason =
  | 'instruction_to_model'
  | 'contact_or_link'
  | 'price_or_coupon'
  | 'platform_handoff'
  | 'false_authority'
  | 'call_to_action'
  | 'superlative'
  | 'brand_push'
  | 'omitted_caveat';

export type Marked = {
  start: number;
  end: number;
  text: string;
  probability: number;
  reasons: Reason[];
  why: string;
  evidence: string[] | null;
  brands: string[] | null;
};

export type Beneficiary = {
  brand: string;
  owner?: string;
  platform?: string;
  mentions: number;
  share: number;
  promoted: boolean;
  asked: boolean;
};

export type SourceFinding = {
  url?: string;
  domain?: string;
  owner?: string;
  seller: boolean;
  promoted: boolean;
  duplicate_of?: number;
  lines?: { line: number; text: string; why: string }[];
  quarantine?: boolean;
};

export type Inspection = {
  language: string;
  verdict: 'advertising' | 'not_enough_evidence' | 'no_advertising_found';
  advertising: boolean;
  probability: number;
  spans: Marked[] | null;
  beneficiaries: Beneficiary[] | null;
  only_one_named: boolean;
  sources?: SourceFinding[];
  clean: string;
  diff: { text: string; cut?: boolean }[] | null;
  model: string;
};

/** Judges an answer. */
export async function inspect(of: { question: string; answer: string; sources: Source[] }): Promise<Inspection> {
  const r = await ask('v1/inspect', { method: 'POST', body: JSON.stringify(of), headers: { 'Content-Type': 'application/json' } });
  return r.json();
}

export type Told = {
  model: string;
  text: string;
  seconds: number;
  inspection?: Inspection;
  error?: { code: string; message: string; remedy: string };
};

export type Stance = 'says' | 'contradicts' | 'silent';

export type Comparison = {
  claims:
    | {
        text: string;
        agreement: 'agree' | 'contradict' | 'only_here';
        stances: { model: string; stance: Stance; text?: string; differ?: string }[];
      }[]
    | null;
  brands: { brand: string; owner?: string; named_by: string[] | null; promoted_by: string[] | null }[] | null;
  models:
    | {
        model: string;
        advertising_probability: number;
        contradicted: number;
        only_here: number;
        alone_with: string[] | null;
        outlier: boolean;
      }[]
    | null;
};

export type Step = { answer: Told; comparison?: Comparison; done: boolean };

/** Asks several models the same, and yields each answer with all those so far compared. */
export async function* crosscheck(question: string, models: string[], signal: AbortSignal): AsyncGenerator<Step> {
  for await (const line of streamed('v1/crosscheck', { question, models, stream: true }, signal)) {
    const step = readStep(line);
    if (step === 'done') return;
    if (step) yield step;
  }
}

/** What a line of the stream says, if anything. */
export function readStep(line: string): Step | 'done' | undefined {
  if (!line.startsWith('data:')) return undefined;
  const data = line.slice(5).trim();
  if (data === '[DONE]') return 'done';
  const step = JSON.parse(data);
  if (step.error) throw Problem.from(200, step);
  return step.answer ? step : undefined;
}
