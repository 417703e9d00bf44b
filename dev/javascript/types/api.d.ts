// Types of requests and answers, derived from docs/openapi.json. A field renamed there fails the check of the dashboard.

import type { components, paths } from "./openapi.js";

type Schemas = components["schemas"];
type Method = "get" | "post" | "put" | "delete";

export type Attempt = Schemas["AttemptOut"];
export type Breaker = Schemas["BreakerOut"];
export type Budget = Schemas["BudgetOut"];
export type Concern = Schemas["ConcernOut"];
export type Counts = Schemas["CountsOut"];
export type Crawl = Schemas["CrawlOut"];
export type Due = Schemas["DueOut"];
export type Failure = Schemas["FailureOut"];
export type Happened = Schemas["HappeningOut"];
export type HeldUp = Schemas["HeldUpOut"];
export type Hour = Schemas["HourOut"];
export type Key = Schemas["KeyOut"];
export type Mirror = Schemas["MirrorOut"];
export type NewKey = Schemas["NewKeyOut"];
export type Overview = Schemas["OverviewOut"];
export type ParkedMessage = Schemas["ParkedOut"];
export type ListedPlaylist = Schemas["PlaylistListedOut"];
export type Playlist = Schemas["PlaylistDetailOut"];
export type Progress = Schemas["ProgressOut"];
export type Queue = Schemas["QueueOut"];
export type Rate = Schemas["RateOut"];
export type ReasonCount = Schemas["ReasonOut"];
export type Recording = Schemas["AudioOut"];
export type Running = Schemas["RunningOut"];
export type Score = Schemas["ScoreOut"];
export type Series = Schemas["SeriesOut"];
export type Session = Schemas["SessionOut"];
export type Sidecar = Schemas["BesideOut"];
export type Submission = Schemas["PlaylistIn"];
export type Values = Schemas["ValuesOut"];
export type Video = Schemas["VideoOut"];

export type Grouping = Schemas["Grouping"];
export type Parameter = Schemas["Parameter"];
export type PlaylistState = Playlist["state"];
export type Scope = Key["scope"];
export type VideoState = Video["state"];

/** Paths of the document that answer a method. */
export type PathOf<M extends Method> = {
  [P in keyof paths]: paths[P][M] extends { responses: unknown } ? P : never;
}[keyof paths];

type Parameters<O> = O extends { parameters: infer P } ? P : never;
type Named<P, N extends "path" | "query" | "header"> = P extends { [K in N]: infer V } ? { [K in N]: V } : unknown;
type Optional<P, N extends "query" | "header"> = P extends { [K in N]?: infer V } ? { [K in N]?: V } : unknown;
type Body<O> = O extends { requestBody: { content: { "application/json": infer B } } } ? { body: B } : unknown;

/** What a request carries: values of the path, the query, headers and the body. */
export type Parts<M extends Method, P extends PathOf<M>> = Named<Parameters<paths[P][M]>, "path"> &
  Optional<Parameters<paths[P][M]>, "query"> &
  Optional<Parameters<paths[P][M]>, "header"> &
  Body<paths[P][M]>;

/** The parts may be left out where none is required. */
type Arguments<T> = Record<never, never> extends T ? [parts?: T] : [parts: T];

type Success<R> = R[keyof R & (200 | 201 | 202)];
/** The body of a successful answer. */
export type Answer<M extends Method, P extends PathOf<M>> = paths[P][M] extends { responses: infer R }
  ? Success<R> extends { content: { "application/json": infer B } }
    ? B
    : null
  : never;

/** A request by one method: a path of the document and its parts give the typed answer. */
export type Request<M extends Method> = <P extends PathOf<M>>(
  path: P,
  ...parts: Arguments<Parts<M, P>>
) => Promise<Answer<M, P>>;

/** The address of something that is read. */
export type AddressOf = <P extends PathOf<"get">>(path: P, ...parts: Arguments<Parts<"get", P>>) => string;

/** Paths of lists whose answer says where the next page begins. */
export type ListPath = {
  [P in PathOf<"get">]: Answer<"get", P> extends { items: unknown[]; next: string | null } ? P : never;
}[PathOf<"get">];
/** One item of such a list. */
export type ItemOf<P extends ListPath> = Answer<"get", P> extends { items: (infer I)[] } ? I : never;
/** All items of a list. */
export type ReadAll = <P extends ListPath>(path: P, ...parts: Arguments<Parts<"get", P>>) => Promise<ItemOf<P>[]>;
