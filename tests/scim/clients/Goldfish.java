import com.fasterxml.jackson.databind.node.BooleanNode;
import de.captaingoldfish.scim.sdk.client.ScimClientConfig;
import de.captaingoldfish.scim.sdk.client.ScimRequestBuilder;
import de.captaingoldfish.scim.sdk.client.builder.PatchBuilder;
import de.captaingoldfish.scim.sdk.client.response.ServerResponse;
import de.captaingoldfish.scim.sdk.common.constants.EndpointPaths;
import de.captaingoldfish.scim.sdk.common.constants.HttpHeader;
import de.captaingoldfish.scim.sdk.common.constants.enums.Comparator;
import de.captaingoldfish.scim.sdk.common.constants.enums.HttpMethod;
import de.captaingoldfish.scim.sdk.common.constants.enums.PatchOp;
import de.captaingoldfish.scim.sdk.common.resources.ServiceProvider;
import de.captaingoldfish.scim.sdk.common.resources.User;
import de.captaingoldfish.scim.sdk.common.resources.base.ScimObjectNode;
import de.captaingoldfish.scim.sdk.common.resources.complex.Name;
import de.captaingoldfish.scim.sdk.common.resources.multicomplex.Email;
import de.captaingoldfish.scim.sdk.common.response.ListResponse;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What an administrator's tool does with the SCIM SDK of Captain Goldfish: Goldfish BASE, the token
 * in SCIM_TOKEN. The client takes an answer for SCIM only if its Content-Type says so.
 */
final class Goldfish {
    private static final String USERS = EndpointPaths.USERS;
    private final ScimRequestBuilder scim;
    private final String base;
    private String cora;

    private Goldfish(String base, String token) {
        this.base = base;
        var headers = Map.of(HttpHeader.AUTHORIZATION, "Bearer " + token);
        scim = new ScimRequestBuilder(base, ScimClientConfig.builder().requestTimeout(30).socketTimeout(30).httpHeaders(headers).build());
    }

    public static void main(String[] arguments) {
        new Goldfish(arguments[0], System.getenv("SCIM_TOKEN")).tell();
    }

    private void tell() {
        Steps.step("discovers", () -> {
            var meta = good(scim.loadMetaConfiguration().sendRequest());
            Steps.equal(meta.getResourceTypes().stream().filter(type -> type.getName().equals("User")).count(), 1L);
            ServiceProvider config = scim.loadServiceProviderConfiguration();
            Steps.equal(List.of(config.getPatchConfig().isSupported(), config.getBulkConfig().isSupported()), List.of(true, true));
        });
        Steps.step("is refused with another token", () -> refused(401,
            new Goldfish(base, System.getenv("SCIM_TOKEN") + "x").scim.list(User.class, USERS).get().sendRequest()));
        Steps.step("creates", () ->
            cora = good(scim.create(User.class, USERS).setResource(person("cora")).sendRequest()).getId().get());
        Steps.step("reads", () -> {
            var user = read(cora);
            Steps.equal(List.of(user.getUserName().get(), user.getExternalId().get(), user.isActive().get()),
                List.of(Steps.address("cora"), "fish-cora", true));
            Steps.equal(addresses(user), List.of(Steps.address("cora")));
        });
        Steps.step("cannot create twice", () -> Steps.equal(
            refused(409, scim.create(User.class, USERS).setResource(person("cora")).sendRequest()), "uniqueness"));
        Steps.step("finds", this::finds);
        Steps.step("replaces, and not with an old version", this::replaces);
        Steps.step("deactivates and brings back, by a text and by a list", () -> {
            good(patch(cora).addOperation().op(PatchOp.REPLACE).path("active").value("false").build().sendRequest());
            Steps.equal(read(cora).isActive().get(), false);
            // Which goes out as a list of one.
            good(patch(cora).addOperation().op(PatchOp.REPLACE).path("active").valueNode(BooleanNode.TRUE).build().sendRequest());
            Steps.equal(read(cora).isActive().get(), true);
        });
        Steps.step("changes addresses", () -> {
            var attic = Email.builder().value(Steps.address("attic")).type("home").build();
            good(patch(cora).addOperation().op(PatchOp.REPLACE).path("emails[type eq \"work\"].value").value(Steps.address("office"))
                .next().op(PatchOp.ADD).path("emails").valueNode(attic).build().sendRequest());
            Steps.equal(addresses(read(cora)), List.of(Steps.address("office"), Steps.address("attic")));
            good(patch(cora).addOperation().op(PatchOp.REMOVE).path("emails[type eq \"home\"]").build().sendRequest());
            Steps.equal(addresses(read(cora)), List.of(Steps.address("office")));
        });
        Steps.step("changes with a user as a text, without a path", () -> {
            var part = User.builder().displayName("From a text").build().toString();
            good(patch(cora).addOperation().op(PatchOp.REPLACE).value(part).build().sendRequest());
            Steps.equal(read(cora).getDisplayName().get(), "From a text");
        });
        Steps.step("is told of nobody", () -> {
            refused(404, scim.get(User.class, USERS, Steps.NOBODY).sendRequest());
            refused(404, scim.update(User.class, USERS, Steps.NOBODY).setResource(person("ghost")).sendRequest());
            refused(404, scim.delete(User.class, USERS, Steps.NOBODY).sendRequest());
        });
        Steps.step("sends many at once", () -> {
            var answer = good(scim.bulk().bulkRequestOperation(USERS).method(HttpMethod.POST).bulkId("one").data(person("bulk")).sendRequest());
            Steps.equal(answer.getBulkResponseOperations().get(0).getStatus(), 201);
            Steps.equal(good(byName("bulk").get().sendRequest()).getTotalResults(), 1L);
        });
        Steps.step("pages", this::pages);
        Steps.step("takes a slash at the end of the base", () ->
            Steps.equal(new Goldfish(base + "/", System.getenv("SCIM_TOKEN")).read(cora).getId().get(), cora));
        Steps.step("deletes", () -> {
            Steps.equal(scim.delete(User.class, USERS, cora).sendRequest().getHttpStatus(), 204);
            refused(404, scim.get(User.class, USERS, cora).sendRequest());
        });
    }

    private void finds() {
        var address = Steps.address("cora");
        Steps.equal(found(byName("cora").get().sendRequest()), List.of(cora));
        Steps.equal(found(scim.list(User.class, USERS).filter(true, "userName", Comparator.EQ, address)
            .and("active", Comparator.EQ, true, true).build().get().sendRequest()), List.of(cora));
        Steps.equal(found(byName("cora").count(9).startIndex(1).post().sendRequest()), List.of(cora));
        for (var filter : List.of("emails.value eq \"" + address + "\"", "USERNAME EQ \"" + address.toUpperCase() + "\"",
                "externalId eq \"fish-cora\"")) {
            Steps.equal(found(scim.list(User.class, USERS).filter(filter).get().sendRequest()), List.of(cora));
        }
        Steps.equal(found(byName("nobody").get().sendRequest()), List.of());
    }

    private void replaces() {
        var old = read(cora);
        var version = old.getMeta().get().getVersion().get();
        old.setDisplayName("Replaced");
        good(scim.update(User.class, USERS, cora).setETagForIfMatch(version).setResource(old).sendRequest());
        old.setDisplayName("Stale");
        refused(412, scim.update(User.class, USERS, cora).setETagForIfMatch(version).setResource(old).sendRequest());
        var user = read(cora);
        Steps.equal(List.of(user.getDisplayName().get(), user.getExternalId().get()), List.of("Replaced", "fish-cora"));
        var now = user.getMeta().get().getVersion().get();
        Steps.equal(scim.get(User.class, USERS, cora).setETagForIfNoneMatch(now).sendRequest().getHttpStatus(), 304);
    }

    private void pages() {
        Set<String> crowd = new HashSet<>();
        for (int number = 0; number < Steps.CROWD; number++) {
            crowd.add(good(scim.create(User.class, USERS).setResource(person("crowd" + number)).sendRequest()).getId().get());
        }
        List<String> seen = new ArrayList<>();
        for (long start = 1, total = 1; start <= total; ) {
            var page = good(scim.list(User.class, USERS).startIndex(start).count(20).get().sendRequest());
            page.getListedResources().forEach(user -> seen.add(user.getId().get()));
            total = page.getTotalResults();
            start += page.getListedResources().size();
        }
        Steps.equal(new HashSet<>(seen).size(), seen.size());
        Steps.equal(seen.containsAll(crowd), true);
        Set<String> all = new HashSet<>();
        good(scim.list(User.class, USERS).get().getAll()).get("Resources").forEach(user -> all.add(user.get("id").textValue()));
        Steps.equal(all, new HashSet<>(seen));
    }

    private de.captaingoldfish.scim.sdk.client.builder.ListBuilder<User> byName(String name) {
        return scim.list(User.class, USERS).filter("userName", Comparator.EQ, Steps.address(name)).build();
    }

    private User read(String id) {
        return good(scim.get(User.class, USERS, id).sendRequest());
    }

    private PatchBuilder<User> patch(String id) {
        return scim.patch(User.class, USERS, id);
    }

    private static List<String> found(ServerResponse<ListResponse<User>> answer) {
        return good(answer).getListedResources().stream().map(user -> user.getId().get()).toList();
    }

    private static List<String> addresses(User user) {
        return user.getEmails().stream().map(email -> email.getValue().get()).toList();
    }

    private static User person(String name) {
        var email = Email.builder().value(Steps.address(name)).type("work").primary(true).build();
        return User.builder().userName(Steps.address(name)).externalId("fish-" + name).active(true)
            .name(Name.builder().givenName(name).familyName("Client").build()).emails(new ArrayList<>(List.of(email))).build();
    }

    private static <T extends ScimObjectNode> T good(ServerResponse<T> answer) {
        if (!answer.isSuccess()) {
            throw new AssertionError(answer.getHttpStatus() + " " + answer.getResponseBody());
        }
        return answer.getResource();
    }

    /** Its scimType, where it has one. */
    private static String refused(int status, ServerResponse<?> answer) {
        Steps.equal(answer.getHttpStatus(), status);
        Steps.equal(answer.isSuccess(), false);
        return answer.getErrorResponse().getScimType().orElse(null);
    }
}
