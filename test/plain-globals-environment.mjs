import vm from 'node:vm';
import { TestEnvironment } from 'jest-environment-node';

/**
 * Jest's environment for Node, with a context of its own for each test file, whose global object is an ordinary one. That
 * of jest intercepts every use of a global such as `Array.isArray` or `Math.floor`, which takes over a hundred times as
 * long as the use itself: it was most of the time of the whole suite.
 */
export default class PlainGlobalsEnvironment extends TestEnvironment {
  constructor(config, context) {
    const { createContext } = vm;
    vm.createContext = () => createContext(vm.constants.DONT_CONTEXTIFY);
    try {
      super(config, context);
    } finally {
      vm.createContext = createContext;
    }
  }
}
