/**
 * Puts a gate before each call that a port makes to the outside, so that a kill can fall on any of them. Between two
 * calls a daemon only reckons: to die there is to die at the next one.
 */

type Method = (...given: readonly never[]) => unknown;
/** `name` is the method's. */
type Crossing = <T>(name: string, begin: () => Promise<T>) => Promise<T>;

/** The same port; what answers with a promise goes through `crossing`. */
export function countCalls<Port extends object>(port: Port, crossing: Crossing): Port {
  return new Proxy(port, {
    get(target, name, receiver) {
      const method: unknown = Reflect.get(target, name, receiver);
      if (!isMethod(method)) return method;
      return (...given: readonly never[]) =>
        crossing(String(name), async () => method.apply(target, [...given]));
    },
  });
}

function isMethod(value: unknown): value is Method {
  return typeof value === 'function';
}
