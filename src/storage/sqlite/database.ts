import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { createGroupCommit } from './group-commit.ts'
import { toAppError } from './sqlite-errors.ts'

/** What a statement takes; a Date is stored as whole milliseconds since 1970. */
export type Value = string | number | Date | Uint8Array | null

/** A record as its row comes back: its dates are numbers still. */
export type Row<T> = {
  [K in keyof T]: Date extends T[K] ? number | Exclude<T[K], Date> : T[K]
}

/** A prepared statement. Values go by name: `:accountId` takes `values.accountId`, and nothing else is looked at. */
export interface Statement<R> {
  get<V extends { [K in keyof V]: Value }>(values: V): R | null
  all<V extends { [K in keyof V]: Value }>(values: V): R[]
  /** One row after another, none held: for where there may be many. To be used up or left within one change. */
  iterate<V extends { [K in keyof V]: Value }>(values: V): Iterable<R>
  /** How many rows it changed. */
  run<V extends { [K in keyof V]: Value }>(values: V): number
}

export interface Database {
  /** For the life of the connection; made once per store, never per call. `R` is the shape of its rows. */
  prepare<R = never>(sql: string): Statement<R>
  /** Reads now, outside any transaction: one statement, or two whose rows may differ in age. */
  read<T>(look: () => T): Promise<T>
  /** Makes the change with all its statements or none; settles when it is durable. `change` must not wait. */
  write<T>(change: () => T): Promise<T>
  /** Finishes what waits; a second call does nothing. */
  close(): Promise<void>
}

export function createDatabase(connection: DatabaseSync): Database {
  const group = createGroupCommit(connection)
  return {
    prepare: (sql) => prepare(connection, sql),
    read: async (look) => {
      try {
        return look()
      } catch (error) {
        throw toAppError(error)
      }
    },
    write: group.write,
    close: async () => {
      if (!connection.isOpen) return
      group.finish()
      // The last connection to a file carries its log into it and removes the log (sqlite.org/wal.html §4.2).
      connection.close()
    },
  }
}

function prepare<R>(connection: DatabaseSync, sql: string): Statement<R> {
  const names = [...new Set(sql.match(/(?<=:)[a-zA-Z]+/g))]
  // Bound by number: to look each name up again costs as much as the statement.
  const statement = connection.prepare(
    sql.replace(/:([a-zA-Z]+)/g, (_, name) => `?${names.indexOf(name) + 1}`),
  )
  const bind = (values: object): SQLInputValue[] => names.map((name) => toSql(Reflect.get(values, name)))
  // STRICT tables hold what their columns say, so the caller's word for the shape of a row is good.
  return {
    get: (values) => (statement.get(...bind(values)) as R | undefined) ?? null,
    all: (values) => statement.all(...bind(values)) as R[],
    iterate: (values) => statement.iterate(...bind(values)) as Iterable<R>,
    run: (values) => Number(statement.run(...bind(values)).changes),
  }
}

function toSql(value: Value): SQLInputValue {
  return value instanceof Date ? value.getTime() : value
}
