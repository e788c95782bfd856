import GatewayConfiguration
import Testing

/// Whole reports, as people read them.
@Suite struct GoldenTests {
    @Test func aReport() {
        let result = load(
            """
            listen: 8080
            services:
              default:
                routes:
                  - path: /{file...}
                    handler: site.file
                  - { path: /a, handler: nats.bridge }
                  - { path: /b, handler: site.files, with: { cache: 10 } }
                  - { path: "/x{y}", handler: add.sum }
                  - { path: "/{z}", methods: [GET], handler: add.sum }
                  - { path: "/{q}", handler: add.sum }
                upstream: http://h
            """)
        #expect(
            result.report == """
                routes.yaml:1:9: error: 'listen' must be HOST:PORT, not '8080'; for example 127.0.0.1:8080, or :8080 \
                for all interfaces [SY0050]
                 1 | listen: 8080
                   |         ^~~~
                routes.yaml:6:18: error: unknown handler 'site.file'; did you mean 'site.files'? [SY0040]
                 6 |         handler: site.file
                   |                  ^~~~~~~~~
                routes.yaml:7:30: error: 'nats.bridge' serves channels, but stands among the routes; move it to \
                'channels', or use another handler; handlers for routes: add.concat, add.sum, site.files, \
                test.shapes [SY0041]
                 7 |       - { path: /a, handler: nats.bridge }
                   |                              ^~~~~~~~~~~
                routes.yaml:8:30: error: the handler 'site.files' needs the setting 'root'; add root: …, a path, to \
                its 'with' [SY0042]
                 8 |       - { path: /b, handler: site.files, with: { cache: 10 } }
                   |                              ^~~~~~~~~~
                routes.yaml:8:57: error: 'cache' must be a duration, not '10'; write a number with its unit: 250ms, \
                10s, 5m or 1h [SY0044]
                 8 |       - { path: /b, handler: site.files, with: { cache: 10 } }
                   |                                                         ^~
                routes.yaml:9:19: error: a parameter must be a whole segment; put `{name}` between slashes; a \
                literal brace is `%7B` or `%7D` [SY0045]
                 9 |       - { path: "/x{y}", handler: add.sum }
                   |                   ^~~~
                routes.yaml:11:17: error: the route '/{q}' takes the same requests as an earlier one for GET; change \
                its path or its methods, or remove it [SY0046]
                 11 |       - { path: "/{q}", handler: add.sum }
                    |                 ^~~~~~
                routes.yaml:10:17: note: '/{z}' stands here
                 10 |       - { path: "/{z}", methods: [GET], handler: add.sum }
                    |                 ^~~~~~
                routes.yaml:12:5: error: 'upstream' is reserved for a server that the gateway passes requests to; \
                this release does not act on it; remove it [SY0055]
                 12 |     upstream: http://h
                    |     ^~~~~~~~

                """)
    }

    @Test func warnings() {
        let result = load(
            """
            services:
              default: { routes: [{ path: /, handler: add.sum }] }
              ws: { channels: [{ path: "/ws/{topic}", handler: nats.bridge }] }
            dispatch:
              - { url: "*/api*", service: default }
              - { url: "*/api/x", service: ws }
            """)
        #expect(result.configuration != nil)
        #expect(
            result.report == """
                routes.yaml:3:28: warning: no dispatch rule leads to '/ws/{topic}' of the service 'ws'; it is \
                reachable only under the host ws.localhost; add { url: "*/ws/*", service: ws } to 'dispatch' where \
                no earlier rule takes it [SY0047]
                 3 |   ws: { channels: [{ path: "/ws/{topic}", handler: nats.bridge }] }
                   |                            ^~~~~~~~~~~~~
                routes.yaml:6:12: warning: '*/api/x' never matches: an earlier rule takes every such request; the \
                first rule that matches wins, so put the narrower one first [SY0035]
                 6 |   - { url: "*/api/x", service: ws }
                   |            ^~~~~~~~~
                routes.yaml:5:12: note: '*/api*' stands here
                 5 |   - { url: "*/api*", service: default }
                   |            ^~~~~~~~

                """)
    }
}
