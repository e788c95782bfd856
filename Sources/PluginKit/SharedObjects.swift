import Synchronization

/// Objects that the handler instances of one gateway share and that outlive them: counters, directories, caches.
///
/// One for the life of the gateway, kept over reloads. Any thread.
public final class SharedObjects: Sendable {
    private let objects = Mutex<[ObjectIdentifier: any AnyObject & Sendable]>([:])

    public init() {}

    /// The one object of this type; the first to ask makes it.
    public func object<Object: AnyObject & Sendable>(_ type: Object.Type, _ make: () -> Object) -> Object {
        objects.withLock { objects in
            if let known = objects[ObjectIdentifier(type)] as? Object { return known }
            let made = make()
            objects[ObjectIdentifier(type)] = made
            return made
        }
    }
}
