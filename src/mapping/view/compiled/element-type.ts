import type { Model } from 'fhirpath';
import { NOT_COVERED } from './not-covered.ts';

/** One of the JSON properties in which an element can be sent: `status`, or `valueQuantity` of the choice `value`. */
export interface MemberForm {
  readonly suffix: string;
  /** The JSON property. */
  readonly property: string;
  /**
   * Index of the value among the slots of the node; the next one is that of the property with an underscore. null for an
   * element that the model does not know here, for which no slot is kept.
   */
  readonly slot: number | null;
  /** The type of the element; null until one has been met. */
  type: ElementType | null;
}

/** An element of a type, by the name that an expression gives it. */
export interface Member {
  readonly name: string;
  /** The JSON properties that it may have, in the order of precedence: several for a choice type. */
  readonly forms: readonly MemberForm[];
  readonly isChoice: boolean;
  /** The name is that of the resource itself (`Patient.name` at a Patient): it stands for the node. */
  readonly isSelf: boolean;
  /** The name is that of the type of the node, such as `code` at a code: at the beginning of an expression it stands for it. */
  readonly isOwnType: boolean;
}

/** A type of elements as the engine distinguishes them: by the path at which its content is defined, and its FHIR type. */
export interface ElementType {
  /** Such as `Observation.component`, `Quantity`, `dateTime`; null where the model knows nothing. */
  readonly path: string | null;
  /** Such as `BackboneElement`, `Quantity`, `System.String`; null if the model does not describe the element. */
  readonly fhirType: string | null;
  /** Whether its text is compared as a date or time. */
  readonly isTemporal: boolean;
  /** The elements, by the index of the name among the names of the view. */
  readonly members: readonly Member[];
  /** The slots by JSON property. */
  readonly slotByProperty: ReadonlyMap<string, number>;
}

const TEMPORAL_PATHS: ReadonlySet<string | null> = new Set(['date', 'dateTime', 'instant', 'time']);

/** What the engine's models contain besides what its declaration says. */
interface CompleteModel extends Model {
  readonly availableTypes: ReadonlySet<string>;
}

/** The types that a view can meet in one FHIR version, made when they are met. */
export class ElementTypes {
  readonly #model: CompleteModel;
  readonly #names: string[] = [];
  readonly #known = new Map<string, ElementType>();
  readonly #resourceTypes = new Map<string, ElementType>();
  #isInUse = false;

  constructor(model: Model) {
    this.#model = model as CompleteModel;
  }

  get model(): Model {
    return this.#model;
  }

  /** Returns the index of an element's name. All names must be known before the first resource is read. */
  getNameIndex(name: string): number {
    const index = this.#names.indexOf(name);
    if (index !== -1) return index;
    if (this.#isInUse) throw new Error('A name was added after a resource was read.');
    return this.#names.push(name) - 1;
  }

  /** Whether the name is that of a type of the FHIR version. */
  isTypeName(name: string): boolean {
    return this.#model.availableTypes.has(name);
  }

  /** Whether a type is the named one, or one of its kinds. */
  isKindOf(fhirType: string, typeName: string): boolean {
    for (let type: string | undefined = fhirType; type !== undefined; type = this.#model.type2Parent[type])
      if (type === typeName) return true;
    return false;
  }

  /** Returns the type of a resource, contained or not. Signals that the compiler does not cover an unknown type. */
  getResourceType(resourceType: unknown): ElementType {
    if (typeof resourceType !== 'string') throw NOT_COVERED;
    const known = this.#resourceTypes.get(resourceType);
    if (known) return known;
    if (!this.isTypeName(resourceType)) throw NOT_COVERED;
    const type = this.#get(resourceType, resourceType, true);
    this.#resourceTypes.set(resourceType, type);
    return type;
  }

  /** Returns the type of the results of `extension(url)`. */
  getExtensionType(): ElementType {
    return this.#get('Extension', 'Extension', false);
  }

  /**
   * Returns the type of an element in one of its forms. Signals that the compiler does not cover an unknown element of an
   * unknown element: a sender could otherwise fill the memory with types.
   */
  getFormType(parent: ElementType, name: string, form: MemberForm): ElementType {
    if (form.type) return form.type;
    const { path } = parent;
    const type = path === null ? this.#get(null, null, false) : this.#getChildType(parent, path, name, form);
    form.type = type;
    return type;
  }

  #getChildType(parent: ElementType, path: string, name: string, { suffix }: MemberForm): ElementType {
    const isExtension = name === 'extension' && suffix === '';
    const childPath = isExtension ? 'Extension' : this.#findDefinition(`${path}.${name}`) + suffix;
    const fhirType = this.#model.path2Type[childPath] ?? null;
    if (fhirType === null && parent.fhirType === null && path !== 'Extension' && !isExtension)
      throw NOT_COVERED;
    return this.#get(this.#model.path2TypeWithoutElements[childPath] ?? childPath, fhirType, false);
  }

  #get(path: string | null, fhirType: string | null, isResource: boolean): ElementType {
    const key = `${path}|${fhirType}|${isResource}`;
    const type = this.#known.get(key) ?? this.#create(path, fhirType, isResource);
    this.#known.set(key, type);
    return type;
  }

  #create(path: string | null, fhirType: string | null, isResource: boolean): ElementType {
    this.#isInUse = true;
    const slotByProperty = new Map<string, number>();
    const members = this.#names.map((name): Member => {
      const suffixes = this.#listChoices(path, name);
      const forms = (suffixes ?? ['']).map((suffix): MemberForm => {
        const property = name + suffix;
        if (!this.#isModelled(path, property)) return { suffix, property, slot: null, type: null };
        const slot = slotByProperty.get(property) ?? slotByProperty.size;
        slotByProperty.set(property, slot).set(`_${property}`, slot + 1);
        return { suffix, property, slot, type: null };
      });
      const isOwnType = fhirType !== null && this.isKindOf(fhirType, name);
      return {
        name,
        forms,
        isChoice: suffixes !== undefined,
        isSelf: isResource && path === name,
        isOwnType,
      };
    });
    return { ...{ path, fhirType, members, slotByProperty }, isTemporal: TEMPORAL_PATHS.has(path) };
  }

  #isModelled(path: string | null, property: string): boolean {
    return path !== null && this.#model.path2Type[this.#findDefinition(`${path}.${property}`)] !== undefined;
  }

  #listChoices(path: string | null, name: string): readonly string[] | undefined {
    if (path === null) return undefined;
    return this.#model.choiceTypePaths[this.#findDefinition(`${path}.${name}`)];
  }

  #findDefinition(path: string): string {
    return this.#model.pathsDefinedElsewhere[path] ?? path;
  }
}
