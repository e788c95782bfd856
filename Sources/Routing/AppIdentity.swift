/// Who this application is: what host names are compared with.
package struct AppIdentity: Sendable, Hashable {
    /// The project id: `PROJECT.appspot.com` and `PROJECT.REGION.r.appspot.com` are this app. Nil: no appspot host is.
    package var project: String?
    /// The region id, as `uc`. Nil: any region's host is taken.
    package var region: String?
    /// Mapped domains, as `example.com`; a leading `*.` is the same as none.
    package var customDomains: [String]
    package var services: [ServiceIdentity]

    package init(
        project: String? = nil, region: String? = nil, customDomains: [String] = [], services: [ServiceIdentity] = []
    ) {
        self.project = project
        self.region = region
        self.customDomains = customDomains
        self.services = services
    }
}

/// A service as host names see it.
package struct ServiceIdentity: Sendable, Hashable {
    package var name: String
    /// Version ids; the first has the traffic.
    package var versions: [String]
    /// How many instances manual scaling runs, which bounds the numbers in host names. Nil: any number is taken.
    package var instances: Int?

    package init(name: String, versions: [String] = ["v1"], instances: Int? = nil) {
        self.name = name
        self.versions = versions
        self.instances = instances
    }
}
